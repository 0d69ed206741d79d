//! The list of calls.

use super::*;

#[tokio::test]
async fn each_role_lists_the_calls_it_may_know_of() {
    let server = Server::start().await;
    let mut people = people(&server).await;
    let system = &mut people.system;
    let old = system.call(server.rep.user, "completed", "2026-03-01T10:00:00Z").await;
    let other = system.call(people.colleague.user, "completed", "2026-03-02T10:00:00Z").await;
    let new = system.call(server.rep.user, "waiting", "2026-03-03T10:00:00Z").await;
    let of_lead = system.call(people.lead.user, "live", "2026-03-04T10:00:00Z").await;
    let table = [
        (&server.rep, vec![new, old]),
        (&people.colleague, vec![other]),
        (&people.lead, vec![of_lead, new, old]),
        (&people.other_lead, vec![other]),
        (&people.hr, vec![of_lead, new, other, old]),
        (&people.admin, vec![of_lead, new, other, old]),
        (&people.stranger, vec![]),
    ];
    for (person, calls) in table {
        assert_eq!(ids(&server, person, "").await, calls, "{}", person.role);
    }
    let of_colleague = format!("?user_id={}", people.colleague.user);
    assert_eq!(ids(&server, &server.rep, &of_colleague).await, []);
    assert_eq!(ids(&server, &people.lead, &of_colleague).await, []);
    assert_eq!(ids(&server, &people.hr, &of_colleague).await, [other]);
    let (_, list) =
        answer(server.request("GET", "/api/calls").bearer_auth(&people.hr.api_key)).await;
    assert_eq!(
        list["calls"][2],
        json!({
            "id": other,
            "status": "completed",
            "channel": "voice",
            "scenario": {"id": "rachel", "title": "Rachel, rate shopper"},
            "user": {"id": people.colleague.user, "name": "Robin"},
            "created_at": "2026-03-02T10:00:00Z",
            "connected_at": null,
            "ended_at": null,
            "duration_ms": null,
            "end_reason": null,
        })
    );
}

#[tokio::test]
async fn filters_narrow_the_list_and_hold_whatever_is_written() {
    let server = Server::start().await;
    let mut people = people(&server).await;
    let system = &mut people.system;
    system.name(server.rep.user, "Zoë O'Brien 100%_\\").await;
    system.name(people.colleague.user, "Łukasz 李").await;
    let first = system.call(server.rep.user, "completed", "2026-03-01T10:00:00Z").await;
    let second = system.call(people.colleague.user, "failed", "2026-03-02T10:00:00Z").await;
    system.run("update call set scenario_id = 'łuis' where org_id = $1 and id = $2", second).await;
    let (team, rep) = (people.team, server.rep.user);
    let table = [
        ("?limit=100".to_owned(), vec![second, first]),
        (format!("?user_id={rep}"), vec![first]),
        (format!("?team_id={team}"), vec![first]),
        (format!("?team_id={}", TeamId::new()), vec![]),
        (format!("?team_id={team}&status=failed"), vec![]),
        ("?scenario_id=rachel".into(), vec![first]),
        ("?scenario_id=%C5%82uis".into(), vec![second]),
        ("?scenario_id=%27%20or%201=1%20--".into(), vec![]),
        ("?status=failed".into(), vec![second]),
        ("?from=2026-03-02T10:00:00Z".into(), vec![second]),
        ("?from=2026-03-02T11:00:00%2B01:00".into(), vec![second]),
        ("?from=2026-03-02T10:00:00.001Z".into(), vec![]),
        ("?to=2026-03-02T10:00:00Z".into(), vec![first]),
        ("?to=2026-03-02T10:00:00.001Z".into(), vec![second, first]),
        ("?from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z".into(), vec![first]),
        ("?from=0000-01-01T00:00:00Z&to=9999-12-31T23:59:59Z".into(), vec![second, first]),
        ("?q=zO%C3%8B".into(), vec![first]),
        ("?q=%E6%9D%8E".into(), vec![second]),
        ("?q=O%27Brien".into(), vec![first]),
        ("?q=100%25_%5C".into(), vec![first]),
        ("?q=%25".into(), vec![first]),
        ("?q=_".into(), vec![first]),
        ("?q=%27%3B%20drop%20table%20call%3B--".into(), vec![]),
        ("?unknown=1".into(), vec![second, first]),
    ];
    for (query, calls) in table {
        assert_eq!(ids(&server, &people.admin, &query).await, calls, "{query}");
    }
    let wrong = [
        ("user_id=x", "user_id"),
        ("team_id=7", "team_id"),
        ("status=done", "status"),
        ("from=yesterday", "from"),
        ("to=2026-13-01T00:00:00Z", "to"),
        ("q=", "q"),
        ("q=%00", "q"),
        ("scenario_id=a%00b", "scenario_id"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("cursor=abc", "cursor"),
    ];
    for (query, field) in wrong {
        let request = server.request("GET", &format!("/api/calls?{query}"));
        let (status, body) = answer(request.bearer_auth(&people.admin.api_key)).await;
        assert_eq!((status, body["error"]["field"].as_str()), (422, Some(field)), "{query} {body}");
    }
    let long = format!("/api/calls?q={}", "x".repeat(201));
    let long = server.request("GET", &long).bearer_auth(&people.admin.api_key);
    assert_eq!(error(long).await, (422, "invalid_field".into()));
}

#[tokio::test]
async fn pages_follow_each_other_while_calls_are_added() {
    let server = Server::start().await;
    let mut system = System::of(&server, server.rep.org).await;
    let mut calls = Vec::new();
    for day in 1..=5 {
        let at = format!("2026-03-0{day}T10:00:00Z");
        calls.push(system.call(server.rep.user, "completed", &at).await);
    }
    let mut seen = Vec::new();
    let mut query = "?limit=2".to_owned();
    for pages_after in [2, 1, 0] {
        let request = server.request("GET", &format!("/api/calls{query}"));
        let (_, body) = answer(request.bearer_auth(&server.rep.api_key)).await;
        for call in body["calls"].as_array().unwrap() {
            seen.push(call["id"].as_str().unwrap().parse::<CallId>().unwrap());
        }
        system.call(server.rep.user, "waiting", "2026-04-01T10:00:00Z").await;
        match body["next_cursor"].as_str() {
            Some(cursor) => query = format!("?limit=2&cursor={cursor}"),
            None => assert_eq!(pages_after, 0, "{body}"),
        }
    }
    calls.reverse();
    assert_eq!(seen, calls);
}
