//! How somebody comes in who was invited.

use super::passwords::mailed_token;
use super::*;
use crate::model::UserId;

const EMAIL: &str = "neu@example.com";

/// Somebody whom the admin of an org invited into a team.
struct Invited {
    server: Server,
    admin: Person,
    team: Value,
    id: UserId,
}

impl Invited {
    async fn new() -> Self {
        let server = behind_proxy().await;
        let admin = test_database::person_in(&server.app.store, server.rep.org, Role::Admin).await;
        let by_admin = |path, body| server.post(path, &body).bearer_auth(&admin.session);
        let (_, body) = answer(by_admin("/api/teams", json!({"name": "Nord"}))).await;
        let team = body["team"]["id"].clone();
        let person = json!({"email": EMAIL, "name": "Zoë", "role": "manager", "team_ids": [team]});
        let (status, body) = answer(by_admin("/api/users", person)).await;
        assert_eq!((status, &body["user"]["status"]), (201, &json!("invited")));
        let id = body["user"]["id"].as_str().unwrap().parse().unwrap();
        Self { server, admin, team, id }
    }

    fn again(&self, whom: &str) -> RequestBuilder {
        let path = format!("/api/users/{whom}/invite");
        self.server.fresh("POST", &path).bearer_auth(&self.admin.session)
    }

    async fn token(&self) -> String {
        mailed_token(&self.server, EMAIL).await
    }

    fn accept(&self, token: &str) -> RequestBuilder {
        let body = json!({"token": token, "name": "Zoë Öztürk", "password": PASSWORD});
        self.server.post("/api/auth/invitation/accept", &body)
    }

    fn greet(&self, token: &str) -> RequestBuilder {
        self.server.fresh("GET", &format!("/api/auth/invitation#token={token}"))
    }

    async fn set_status(&self, status: &str) {
        let set = format!("update app_user set status = '{status}' where id = '{}'", self.id);
        self.server.sql(&set).await;
    }
}

fn spent() -> (u16, String) {
    (404, "invalid_link".to_owned())
}

#[tokio::test]
async fn whoever_was_invited_comes_in_once() {
    let invited = Invited::new().await;
    let Invited { server, admin, team, id } = &invited;
    let mail = server.ask("select string_agg(to_address || ' ' || body, '|') from mail").await;
    let token = invited.token().await;
    let link = format!("\n\nhttp://localhost:{}/invitation#token={token}\n", server.address.port());
    assert!(mail.starts_with("neu@example.com Hello Zoë,\n\nAcme Lending practises"), "{mail}");
    assert!(mail.contains(&link) && !mail.contains('|'), "{mail}");
    let shown = json!({"org_name": "Acme Lending", "email": EMAIL, "name": "Zoë"});
    assert_eq!(answer(invited.greet(&token)).await, (200, json!({"invitation": shown})));
    assert_eq!(error(server.login(EMAIL, PASSWORD)).await.0, 401);
    let (status, body) = answer(invited.accept(&token)).await;
    let me = json!({
        "id": id,
        "name": "Zoë Öztürk",
        "email": EMAIL,
        "role": "manager",
        "org": {"id": server.rep.org, "name": "Acme Lending"},
        "teams": [{"id": team, "name": "Nord", "leads": false}],
    });
    assert_eq!((status, &body["session"]["user"]), (200, &me));
    let (status, body) = answer(server.login(EMAIL, PASSWORD)).await;
    assert_eq!(status, 200);
    let session = body["session"]["token"].as_str().unwrap();
    let shown = server.request("GET", "/api/me").bearer_auth(session);
    assert_eq!(answer(shown).await, (200, json!({"me": me})));
    assert_eq!(error(invited.accept(&token)).await, spent());
    assert_eq!(error(invited.greet(&token)).await, spent());
    let admin = admin.user;
    let expected = format!(
        "team.created {admin}, user.created {admin}, user.invited {admin}, \
         auth.invitation_accepted {id}, auth.login {id}, auth.login {id}"
    );
    assert_eq!(server.audited().await, expected);
}

#[tokio::test]
async fn only_whoever_has_yet_to_come_is_invited_again() {
    let invited = Invited::new().await;
    let id = invited.id.to_string();
    let stranger = test_database::org_with(&invited.server.app.store, Role::Rep).await.user;
    for nobody in [UserId::new().to_string(), stranger.to_string(), "x".to_owned()] {
        assert_eq!(error(invited.again(&nobody)).await, (404, "not_found".into()), "{nobody}");
    }
    let not_invited = (409, "not_invited".to_owned());
    invited.set_status("disabled").await;
    assert_eq!(error(invited.again(&id)).await, not_invited);
    invited.set_status("invited").await;
    assert_eq!(answer(invited.accept(&invited.token().await)).await.0, 200);
    assert_eq!(error(invited.again(&id)).await, not_invited);
    assert_eq!(invited.server.ask("select count(*)::text from mail").await, "1");
    let audited = invited.server.audited().await;
    assert_eq!(audited.matches("user.invited").count(), 1, "{audited}");
}

#[tokio::test]
async fn two_that_accept_at_once_are_one() {
    let invited = Invited::new().await;
    let token = invited.token().await;
    let asks = (0..4).map(|_| async { invited.accept(&token).send().await.unwrap().status() });
    let mut statuses = futures_util::future::join_all(asks).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 404, 404, 404]);
}

#[tokio::test]
async fn an_invitation_is_good_for_seven_days_until_the_next() {
    let invited = Invited::new().await;
    let server = &invited.server;
    let first = invited.token().await;
    let hours = "select (extract(epoch from expires_at - created_at) / 3600)::int::text";
    assert_eq!(server.ask(&format!("{hours} from account_token")).await, "168");
    let again = invited.again(&invited.id.to_string()).send().await.unwrap();
    assert_eq!((again.status().as_u16(), again.text().await.unwrap().as_str()), (202, ""));
    let second = invited.token().await;
    assert_ne!(first, second);
    assert_eq!(error(invited.accept(&first)).await, spent());
    // The route for passwords does not take it.
    let reset = json!({"token": second, "password": PASSWORD});
    assert_eq!(error(server.post("/api/auth/password_reset/confirm", &reset)).await, spent());
    invited.set_status("disabled").await;
    assert_eq!(error(invited.accept(&second)).await, spent());
    invited.set_status("invited").await;
    server.sql("update account_token set expires_at = now() - interval '1 second'").await;
    assert_eq!(error(invited.accept(&second)).await, spent());
    server.sql("update account_token set expires_at = now() + interval '1 minute'").await;
    assert_eq!(answer(invited.accept(&second)).await.0, 200);
}
