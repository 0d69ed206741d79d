//! A call goes on when its link does not.

use reqwest::Method;

use crate::call::{Call, until};
use crate::rep::Rep;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_network_is_a_restart_of_ice() {
    let call = Call::open().await;
    let (mut rep, mut session) = call.connect().await;
    rep.until("reply.ended").await;
    rep.mute(true);
    rep.until("call.held").await;
    let fragment = rep.restart().await;
    let answer = call.patch(&session, fragment).await;
    assert_eq!(answer.status(), 200);
    let tag = answer.headers()["etag"].to_str().unwrap().to_owned();
    assert_ne!(tag, session.tag);
    rep.restarted(&answer.text().await.unwrap()).await;
    session.tag = tag;
    rep.mute(false);
    rep.until("call.resumed").await;
    let thinking = rep.until("reply.thinking").await;
    let started = rep.until("reply.started").await;
    assert_eq!(started["reply"], thinking["reply"], "a fresh line, and it is heard");
    // What is said on the channel still arrives.
    rep.say(r#"{"type":"hangup"}"#).await;
    let ended = rep.until("call.ended").await;
    assert_eq!(ended["reason"], "rep_hung_up");
    rep.until_closed().await;
    let gone = Call::code(call.ask(Method::DELETE, &session.url).send().await.unwrap()).await;
    assert_eq!(gone, (404, "unknown_session".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_is_loaded_anew_comes_back_with_its_token() {
    let call = Call::open().await;
    let (mut rep, _) = call.connect().await;
    rep.until("call.connected").await;
    // While it is heard, nobody takes its place.
    let (mut second, offer) = Rep::offer().await;
    let refused = Call::code(call.offered(&offer).await).await;
    assert_eq!(refused, (409, "already_connected".to_owned()));
    // Who says goodbye is not waited for.
    let mut observer = call.watch().await;
    rep.close().await;
    observer.until("call.held").await;
    let (session, answer) = call.answer(&offer).await;
    second.connect(answer).await;
    second.until("call.resumed").await;
    second.until("reply.started").await;
    let ended = call.ask(Method::DELETE, &session.url).send().await.unwrap();
    assert_eq!(ended.status(), 200);
    assert_eq!(second.until("call.ended").await["reason"], "rep_hung_up");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_crashed_is_replaced_once_it_is_missed() {
    let call = Call::open().await;
    let (mut rep, session) = call.connect().await;
    rep.until("call.connected").await;
    rep.mute(true);
    rep.until("call.held").await;
    let (mut second, _) = call.connect().await;
    second.until("call.resumed").await;
    // The one that was replaced is told, and gone.
    rep.until_closed().await;
    let late = call.ask(Method::DELETE, &session.url).send().await.unwrap();
    assert_eq!(late.status(), 404, "it cannot hang up for the other");
    second.say(r#"{"type":"hangup"}"#).await;
    assert_eq!(second.until("call.ended").await["reason"], "rep_hung_up");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_of_both_kinds_follow_each_other() {
    let call = Call::open().await;
    let (mut rep, _) = call.connect().await;
    rep.until("call.connected").await;
    rep.mute(true);
    rep.until("call.held").await;
    let (mut socket, mut sample) = (call.socket().await, 0);
    until(&mut socket, &mut sample, "call.resumed").await;
    until(&mut socket, &mut sample, "reply.started").await;
    rep.until_closed().await;
    let mut observer = call.watch().await;
    drop(socket);
    observer.until("call.held").await;
    let (mut rep, _) = call.connect().await;
    rep.until("call.resumed").await;
    rep.until("reply.started").await;
    rep.say(r#"{"type":"hangup"}"#).await;
    assert_eq!(rep.until("call.ended").await["reason"], "rep_hung_up");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_those_who_connect_at_once_one_has_the_call() {
    let call = Call::open().await;
    let ((mut first, offer), (mut second, another)) = (Rep::offer().await, Rep::offer().await);
    let (_, answer) = call.answer(&offer).await;
    let (late, late_answer) = call.answer(&another).await;
    first.connect(answer).await;
    first.until("call.connected").await;
    second.connect(late_answer).await;
    assert_eq!(second.until("error").await["code"], "already_connected");
    second.until_closed().await;
    let gone = call.ask(Method::GET, &late.url).send().await.unwrap();
    assert_eq!(gone.status(), 404);
    first.say(r#"{"type":"hangup"}"#).await;
    assert_eq!(first.until("call.ended").await["reason"], "rep_hung_up");
}
