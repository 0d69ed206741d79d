//! The interface's description of itself, held against the interface.

use std::collections::BTreeSet;

use super::*;
use crate::cli;

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

async fn description(server: &Server) -> Value {
    let (status, description) = answer(server.request("GET", "/api/openapi.json")).await;
    assert_eq!(status, 200);
    description
}

/// Every operation: its path, its method, what is said of it.
fn operations(description: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = description["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, item)| {
        let item = item.as_object().unwrap().iter();
        item.filter(|(name, _)| METHODS.contains(&name.as_str()))
            .map(|(method, operation)| (path.as_str(), method.as_str(), operation))
    });
    operations.collect()
}

/// Everything under a value, itself included, with where it is.
fn walk<'a>(value: &'a Value, at: String, found: &mut Vec<(String, &'a Value)>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, field)| walk(field, format!("{at}/{name}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, item)| walk(item, format!("{at}/{i}"), found));
        }
        _ => {}
    }
    found.push((at, value));
}

#[tokio::test]
async fn every_described_operation_is_there() {
    let server = Server::start().await;
    let description = description(&server).await;
    let nowhere = answer(server.request("GET", "/api/nothing")).await.1;
    let operations = operations(&description);
    for (path, method, _) in &operations {
        let mut asked = (*path).to_owned();
        while let (Some(from), Some(to)) = (asked.find('{'), asked.find('}')) {
            asked.replace_range(from..=to, "0190f3a0-0000-7000-8000-000000000001");
        }
        // Nobody asks, and nothing is said, so nothing is changed.
        let response = server.request(&method.to_uppercase(), &asked).send().await.unwrap();
        assert_ne!(response.status(), 405, "{method} {path}");
        let body = response.text().await.unwrap();
        assert_ne!(serde_json::from_str::<Value>(&body).ok(), Some(nowhere.clone()), "{path}");
    }
    let described: BTreeSet<_> =
        operations.iter().map(|(path, method, _)| format!("{method} {path}")).collect();
    for operation in [
        "get /api/calls",
        "post /api/calls",
        "get /api/calls/{id}",
        "post /api/calls/{id}/end",
        "get /api/calls/{id}/audio",
        "post /api/calls/{id}/webrtc",
        "patch /api/calls/{id}/webrtc/{session}",
        "delete /api/calls/{id}/webrtc/{session}",
        "get /api/calls/{id}/events",
        "get /api/calls/{id}/listen",
        "get /api/calls/{id}/record",
        "get /api/calls/{id}/transcript",
        "get /api/calls/{id}/transcript.txt",
        "get /api/calls/{id}/transcript.vtt",
        "get /api/calls/{id}/kpis",
        "get /api/calls/{id}/recording",
        "get /api/calls/{id}/waveform",
        "get /api/scenarios",
        "get /api/scenarios/{id}",
        "get /api/health",
        "get /api/openapi.json",
    ] {
        assert!(described.contains(operation), "{operation} is not described");
    }
}

#[tokio::test]
async fn the_command_prints_what_a_server_serves() {
    let server = Server::start().await;
    let mut printed = Vec::new();
    cli::openapi::run(&mut printed).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&printed).unwrap(), description(&server).await);
    assert!(printed.ends_with(b"\n}\n"), "lines, for people and for comparison");
}

#[tokio::test]
async fn the_description_keeps_the_rules_of_openapi_3_1() {
    let server = Server::start().await;
    let description = description(&server).await;
    assert_eq!(description["openapi"], "3.1.0");
    for field in ["title", "version"] {
        assert!(description["info"][field].as_str().is_some_and(|text| !text.is_empty()));
    }
    let schemes = description["components"]["securitySchemes"].as_object().unwrap();
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&description) {
        let at = format!("{method} {path}");
        let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{at} has no id"));
        assert!(ids.insert(id), "{id} is the id of two operations");
        assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{at}");
        assert!(operation["tags"].as_array().is_some_and(|tags| !tags.is_empty()), "{at}");
        check_parameters(&at, path, operation);
        let responses = operation["responses"].as_object().unwrap();
        let mut has_schema = false;
        for (status, response) in responses {
            let known = status.parse::<u16>().is_ok_and(|status| (100..600).contains(&status));
            assert!(known && response["description"].is_string(), "{at} {status}");
            let contents = response["content"].as_object().into_iter().flatten();
            has_schema |= contents.clone().any(|(_, content)| content["schema"].is_object());
            assert!(contents.map(|(name, _)| name).all(|name| name.contains('/')), "{at} {status}");
        }
        // What a browser asks before it asks has headers alone.
        assert!(has_schema || method == "options", "{at} has no schema");
        let needed = operation["security"].as_array().into_iter().flatten();
        for scheme in needed.filter_map(Value::as_object).flat_map(serde_json::Map::keys) {
            assert!(schemes.contains_key(scheme), "{at}: {scheme}");
        }
    }
    let mut found = Vec::new();
    walk(&description, String::new(), &mut found);
    let references = found.iter().filter(|(at, _)| at.ends_with("/$ref"));
    for (at, reference) in references {
        let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
        assert!(description.pointer(pointer).is_some(), "{at} leads nowhere: {reference}");
    }
}

/// Each part of the path is a parameter that has to be there, and no parameter is named twice.
fn check_parameters(at: &str, path: &str, operation: &Value) {
    let mut named = BTreeSet::new();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let (name, place) =
            (parameter["name"].as_str().unwrap(), parameter["in"].as_str().unwrap());
        assert!(["path", "query", "header", "cookie"].contains(&place), "{at} {name}");
        assert!(named.insert((place, name)), "{at}: {name} is named twice");
        assert!(parameter["schema"].is_object(), "{at}: {name} has no schema");
        assert!(place != "path" || parameter["required"] == true, "{at}: {name}");
    }
    let parts = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_path = named.iter().filter(|(place, _)| *place == "path").map(|(_, name)| *name);
    assert_eq!(in_path.collect::<BTreeSet<_>>(), parts.collect(), "{at}");
}
