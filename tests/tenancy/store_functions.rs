//! The functions of the store, tried as the tables are. A new one is a line of `FUNCTIONS` and one of
//! `matrix.txt`.

// The matrix is there to be read.
#![allow(clippy::print_stdout)]

use std::pin::Pin;
use std::time::Duration;

use ringcraft::model::{ApiKeyId, CallId, CallShareId, Role, SessionId, UserId};
use ringcraft::store::api_key::NewApiKey;
use ringcraft::store::call::NewCall;
use ringcraft::store::call_share::NewCallShare;
use ringcraft::store::user::{NewUser, UserStatus};
use ringcraft::store::{OrgScope, StoreError, api_key, call, call_share, org, session, user};
use uuid::Uuid;

use crate::promise::{Cell, Matrix};
use crate::test_database::note_call;
use crate::world::{ASKERS, Whose, World, row_id};

/// Whether a function did what was asked of somebody's rows.
type Function = for<'a> fn(&'a OrgScope, Whose) -> Pin<Box<dyn Future<Output = bool> + 'a>>;

enum Of {
    /// It is asked about a person, also one of another org.
    Person(Function),
    /// It is about the org of the scope, and has no way to name another.
    Org(Function),
}

macro_rules! function {
    ($name:literal, $of:ident, |$scope:ident, $whose:ident| $did:expr) => {
        ($name, Of::$of(|$scope, $whose| Box::pin(async move { $did })))
    };
}

const FUNCTIONS: [(&str, Of); 10] = [
    // Who may, is told that it exists.
    function!("org::insert", Org, |scope, _whose| {
        matches!(org::insert(scope, "Acme").await, Err(StoreError::Refused { .. }))
    }),
    function!("user::insert", Org, |scope, _whose| {
        let email = format!("{}@example.com", Uuid::now_v7());
        let (id, status) = (UserId::new(), UserStatus::Active);
        let new = NewUser { id, email: &email, name: "Robin", role: Role::Rep, status };
        user::insert(scope, new).await.is_ok()
    }),
    function!("user::active_role", Person, |scope, whose| {
        user::active_role(scope, whose.user()).await.unwrap().is_some()
    }),
    function!("session::insert", Person, |scope, whose| {
        let (id, life) = (SessionId::new(), Duration::from_secs(60));
        session::insert(scope, id, whose.user(), id.0.as_bytes(), life).await.is_ok()
    }),
    function!("api_key::insert", Person, |scope, whose| {
        let id = ApiKeyId::new();
        let new = NewApiKey {
            id,
            user: whose.user(),
            name: "key",
            prefix: "rk_1",
            token_hash: id.0.as_bytes(),
            expires_at: None,
        };
        api_key::insert(scope, new).await.is_ok()
    }),
    function!("call::begin", Person, |scope, whose| {
        let new = NewCall {
            id: CallId::new(),
            scenario_id: "s",
            scenario_title: "S",
            scenario_hash: "hash",
            channel: "voice",
        };
        note_call(scope, whose.user(), new).await.is_ok()
    }),
    function!("call::is_visible", Person, |scope, whose| {
        call::is_visible(scope, whose.call()).await.unwrap()
    }),
    function!("call_share::insert", Person, |scope, whose| {
        let id = CallShareId::new();
        // The system makes none: a link is somebody's.
        let user = scope.user().unwrap_or_default();
        let (call, token_hash) = (whose.call(), id.0.as_bytes());
        let new = NewCallShare { id, call, user, token_hash, days: 1 };
        call_share::insert(scope, new).await.is_ok()
    }),
    function!("call_share::list", Person, |scope, whose| {
        !call_share::list(scope, whose.call()).await.unwrap().is_empty()
    }),
    function!("call_share::revoke", Person, |scope, whose| {
        let id = CallShareId(row_id("call_share", whose));
        call_share::revoke(scope, whose.call(), id).await.is_ok()
    }),
];

#[tokio::test]
async fn functions_of_the_store_reach_what_the_matrix_promises() {
    let mut world = World::new().await;
    let store = world.database.store().await;
    let mut found = vec![vec![Cell::from("-"); ASKERS.len()]; FUNCTIONS.len()];
    let (mut attempts, mut across) = (0, Vec::new());
    for (column, asker) in ASKERS.into_iter().enumerate() {
        let Some(actor) = asker.actor() else { continue };
        world.begin(asker).await;
        world.end().await;
        let scope = store.scope(Whose::Own.org(), actor);
        for (place, (name, function)) in FUNCTIONS.iter().enumerate() {
            let cell = &mut found[place][column];
            cell.clear();
            match function {
                Of::Org(function) => {
                    attempts += 1;
                    cell.push(if function(&scope, Whose::Own).await { 'a' } else { '.' });
                }
                Of::Person(function) => {
                    for whose in Whose::IN_ORG {
                        attempts += 1;
                        cell.push(if function(&scope, whose).await { whose.letter() } else { '.' });
                    }
                    attempts += 1;
                    if function(&scope, Whose::OtherOrg).await {
                        across.push(format!("{name} as {}", asker.column));
                    }
                }
            }
        }
    }

    let mut matrix = Matrix::default();
    for ((name, _), cells) in FUNCTIONS.iter().zip(found) {
        matrix.push((name, "store"), cells);
    }
    println!("{}", matrix.text());
    println!("{attempts} attempts through the store, {} across", across.len());
    let differences = Matrix::differences(&Matrix::promised(|name| name.contains("::")), &matrix);
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
    assert_eq!(across, Vec::<String>::new());
}
