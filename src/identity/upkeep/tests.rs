use sqlx::{Connection, Executor, PgConnection, Row};
use uuid::Uuid;

use super::*;
use crate::model::Role;
use crate::test_database::{TestDatabase, org_with};

/// One row of each kind for every age, in hours, of every person: used, unused and sent alike.
const ROWS: &str = "
    with aged as (select u.org_id, u.id as user_id, h, now() - make_interval(hours => h) as at
                  from app_user u, unnest(array[0, 23, 25, 700, 740]) as h),
    sessions as (
      insert into session (org_id, id, user_id, token_hash, expires_at)
      select org_id, gen_random_uuid(), user_id, sha256((user_id || '/' || h)::bytea),
        at + interval '24 hours' from aged),
    tokens as (
      insert into account_token (org_id, id, user_id, kind, token_hash, expires_at, used_at)
      select org_id, gen_random_uuid(), user_id, 'invitation',
        sha256((user_id || '/' || h)::bytea), at + interval '7 days',
        case when h = 23 then at end from aged),
    keys as (
      insert into idempotency_key
        (org_id, user_id, key, request_hash, resource_id, created_at)
      select org_id, user_id, h::text, '', gen_random_uuid(), at from aged)
    insert into mail (org_id, id, to_address, subject, body, created_at, sent_at)
    select org_id, gen_random_uuid(), 'a@example.com', h::text, '', at,
      case when h <> 700 then at end from aged";

const LEFT: &str = "
    select string_agg(left_over, ', ' order by org_id) from (
      select o.id as org_id, concat_ws(' ',
        (select count(*) from session s where s.org_id = o.id),
        (select count(*) from account_token t where t.org_id = o.id),
        (select string_agg(key, '+' order by key) from idempotency_key k where k.org_id = o.id),
        (select string_agg(subject, '+' order by subject) from mail m where m.org_id = o.id)
      ) as left_over from org o) as lines";

const NONE: [Uuid; 0] = [];

#[tokio::test]
async fn what_is_over_is_forgotten_in_every_org() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    for _ in 0..2 {
        org_with(&store, Role::Rep).await;
    }
    let mut owner = PgConnection::connect(&database.url).await.unwrap();
    owner.execute(ROWS).await.unwrap();
    forget(&store).await.unwrap();
    let left: String = owner.fetch_one(LEFT).await.unwrap().get(0);
    // Sessions: of 0 and 23 hours, and the one that each person came with. Tokens: of 0 and 25
    // hours, as that of 23 was used. 30 days are 720 hours.
    let org = "3 2 0+23 0+23+25+700";
    assert_eq!(left, format!("{org}, {org}"));
}

#[tokio::test]
async fn mail_is_tried_again_later_and_later_as_long_as_its_link_may_be_good() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let org = org_with(&store, Role::Rep).await.org;
    let system = store.scope(org, Actor::System);
    let mail = mail::NewMail {
        to_address: "rep@example.com".to_owned(),
        subject: "Hello".to_owned(),
        body: "A link".to_owned(),
    };
    let id = mail::insert(&system, &mail).await.unwrap();
    let mut owner = PgConnection::connect(&database.url).await.unwrap();
    for wait_s in [120, 240, 480, 960, 1_920, 3_600, 3_600] {
        assert_eq!(mail::due(&system, 9).await.unwrap(), [id]);
        assert_eq!(mail::take(&system, id).await.unwrap().as_ref(), Some(&mail));
        assert_eq!(mail::due(&system, 9).await.unwrap(), NONE);
        assert_eq!(mail::take(&system, id).await.unwrap(), None, "somebody else sends it");
        let waits = "select extract(epoch from next_try_at - now())::integer from mail";
        let waits_s: i32 = owner.fetch_one(waits).await.unwrap().get(0);
        assert!((wait_s - 60..=wait_s).contains(&waits_s), "{waits_s}, not {wait_s}");
        owner.execute("update mail set next_try_at = now()").await.unwrap();
    }
    owner.execute("update mail set created_at = now() - interval '7 days'").await.unwrap();
    assert_eq!(mail::due(&system, 9).await.unwrap(), NONE, "its link is no good");
    owner.execute("update mail set created_at = now()").await.unwrap();
    assert_eq!(mail::due(&system, 0).await.unwrap(), NONE, "there is no room");
    mail::mark_sent(&system, id).await.unwrap();
    assert_eq!(mail::due(&system, 9).await.unwrap(), NONE);
    assert_eq!(mail::take(&system, id).await.unwrap(), None);
}
