//! How somebody comes in who was invited.

use super::passwords::mailed_token;
use super::*;
use crate::identity::invitation::invite;
use crate::model::UserId;
use crate::store::StoreError;
use crate::store::user::{self, NewUser, UserStatus};

const EMAIL: &str = "neu@example.com";

/// Invites somebody as an admin of the org would.
async fn invited(server: &Server) -> UserId {
    let system = server.app.store.scope(server.rep.org, Actor::System);
    let id = UserId::new();
    let (role, status) = (Role::Manager, UserStatus::Invited);
    let new = NewUser { id, email: EMAIL, name: "Zoë", role, status };
    user::insert(&system, new).await.unwrap();
    again(server, id).await.unwrap();
    id
}

async fn again(server: &Server, id: UserId) -> Result<(), StoreError> {
    let identity = &server.app.identity;
    let scope = server.app.store.scope(server.rep.org, Actor::System);
    invite(&scope, &identity.mailer, id, EMAIL, &identity.base_url).await
}

fn accept(server: &Server, token: &str) -> RequestBuilder {
    let body = json!({"token": token, "name": "Zoë Öztürk", "password": PASSWORD});
    server.post("/api/auth/invitation/accept", &body)
}

fn greet(server: &Server, token: &str) -> RequestBuilder {
    server.fresh("GET", &format!("/api/auth/invitation?token={token}"))
}

#[tokio::test]
async fn whoever_was_invited_comes_in_once() {
    let server = behind_proxy().await;
    let id = invited(&server).await;
    let token = mailed_token(&server, EMAIL).await;
    let shown = json!({"org_name": "Acme Lending", "email": EMAIL, "name": "Zoë"});
    assert_eq!(answer(greet(&server, &token)).await, (200, json!({"invitation": shown})));
    assert_eq!(error(server.login(EMAIL, PASSWORD)).await.0, 401);
    let (status, body) = answer(accept(&server, &token)).await;
    let user = &body["session"]["user"];
    assert_eq!(
        (status, &user["name"], &user["role"]),
        (200, &json!("Zoë Öztürk"), &json!("manager"))
    );
    assert_eq!(user["id"], json!(id));
    let session = body["session"]["token"].as_str().unwrap();
    assert_eq!(answer(server.request("GET", "/api/me").bearer_auth(session)).await.0, 200);
    let spent = (404, "invalid_link".to_owned());
    assert_eq!(error(accept(&server, &token)).await, spent);
    assert_eq!(error(greet(&server, &token)).await, spent);
    assert_eq!(answer(server.login(EMAIL, PASSWORD)).await.0, 200);
    let audited = server.audited().await;
    assert!(audited.starts_with(&format!("auth.invitation_accepted {id}, ")), "{audited}");
    assert!(matches!(again(&server, id).await, Err(StoreError::NotFound)), "nobody comes in twice");
}

#[tokio::test]
async fn two_that_accept_at_once_are_one() {
    let server = behind_proxy().await;
    invited(&server).await;
    let token = mailed_token(&server, EMAIL).await;
    let asks =
        (0..4).map(|_| async { accept(&server, &token).send().await.unwrap().status().as_u16() });
    let mut statuses = futures_util::future::join_all(asks).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 404, 404, 404]);
}

#[tokio::test]
async fn an_invitation_is_good_for_seven_days_until_the_next() {
    let server = behind_proxy().await;
    let id = invited(&server).await;
    let first = mailed_token(&server, EMAIL).await;
    let hours = "select (extract(epoch from expires_at - created_at) / 3600)::int::text";
    assert_eq!(server.ask(&format!("{hours} from account_token")).await, "168");
    again(&server, id).await.unwrap();
    let second = mailed_token(&server, EMAIL).await;
    let spent = (404, "invalid_link".to_owned());
    assert_eq!(error(accept(&server, &first)).await, spent);
    // The route for passwords does not take it.
    let reset = json!({"token": second, "password": PASSWORD});
    assert_eq!(error(server.post("/api/auth/password_reset/confirm", &reset)).await, spent);
    server.sql(&format!("update app_user set status = 'disabled' where id = '{id}'")).await;
    assert_eq!(error(accept(&server, &second)).await, spent);
    server.sql(&format!("update app_user set status = 'invited' where id = '{id}'")).await;
    server.sql("update account_token set expires_at = now() - interval '1 second'").await;
    assert_eq!(error(accept(&server, &second)).await, spent);
    server.sql("update account_token set expires_at = now() + interval '1 second'").await;
    assert_eq!(answer(accept(&server, &second)).await.0, 200);
}
