use tokio::sync::mpsc;

use super::*;
use crate::transport::webrtc::handle::Wish;

const ANSWER: &str = "m=audio 9 UDP/TLS/RTP/SAVPF 111\na=mid:0\n";

fn fragment(ufrag: &str) -> Fragment {
    Fragment { ufrag: ufrag.into(), pwd: "0123456789abcdef012345".into(), ..Default::default() }
}

fn tags(tags: &[&str]) -> Condition {
    Condition::Tags(tags.iter().map(|tag| (*tag).to_owned()).collect())
}

/// A session of a call that the test answers for.
struct World {
    sessions: Arc<Sessions>,
    call: CallId,
    seat: Seat,
    wishes: mpsc::Receiver<Wish>,
}

impl World {
    fn new() -> Self {
        let (sessions, call) = (Arc::new(Sessions::new(10)), CallId::new());
        let seat = sessions.reserve(call).unwrap();
        assert!(!sessions.has(call, seat.id()), "nobody knows it before it is answered");
        let (handle, wishes) = SessionHandle::new();
        seat.fill(Reached {
            handle,
            tag: "one".into(),
            peer_ufrag: "abcd".into(),
            place: Place::of(ANSWER),
            restarting: false,
        });
        Self { sessions, call, seat, wishes }
    }

    /// Sends a fragment that the session, where it is asked, takes for candidates.
    async fn trickle(&mut self, condition: Condition, ufrag: &str) -> Result<Applied, NotApplied> {
        let (call, id) = (self.call, self.seat.id());
        let patch = self.sessions.patch(call, id, condition, fragment(ufrag));
        let mut patch = std::pin::pin!(patch);
        tokio::select! {
            biased;
            patched = &mut patch => return patched,
            wish = self.wishes.recv() => {
                let Some(Wish::Patch(_, back)) = wish else { panic!("no patch") };
                back.send(Ok(Patched::Trickled)).unwrap();
            }
        }
        patch.await
    }

    /// Begins ICE anew, and tries in between what has to wait.
    async fn restart(&mut self, condition: Condition, ufrag: &str, tag: &str) -> Applied {
        let (call, id) = (self.call, self.seat.id());
        let patch = self.sessions.patch(call, id, condition, fragment(ufrag));
        let mut patch = std::pin::pin!(patch);
        tokio::select! {
            biased;
            patched = &mut patch => panic!("{patched:?}"),
            wish = self.wishes.recv() => {
                let Some(Wish::Patch(_, back)) = wish else { panic!("no patch") };
                let old = self.sessions.patch(call, id, Condition::Any, fragment("abcd")).await;
                assert_eq!(old, Err(NotApplied::Restarting));
                let (ours, tag) = (fragment("ours"), tag.to_owned());
                back.send(Ok(Patched::Restarted { ours, tag })).unwrap();
            }
        }
        patch.await.unwrap()
    }
}

#[test]
fn if_match_is_read_as_clients_write_it() {
    let table: [(&[&str], Condition); 9] = [
        (&[], Condition::Missing),
        (&[""], Condition::Missing),
        (&["*"], Condition::Any),
        (&["\"*\""], Condition::Any),
        (&["\"one\""], tags(&["one"])),
        (&["one"], tags(&["one"])),
        (&["W/\"one\""], tags(&["one"])),
        (&["\"one\", \"two\""], tags(&["one", "two"])),
        (&["\"one\"", "two"], tags(&["one", "two"])),
    ];
    for (values, expected) in table {
        assert_eq!(Condition::read(values.iter().copied()), expected, "{values:?}");
    }
}

#[tokio::test]
async fn candidates_come_with_the_tag_or_the_user_name_of_the_session() {
    let mut world = World::new();
    for condition in [tags(&["one"]), tags(&["two", "one"]), Condition::Any, Condition::Missing] {
        assert_eq!(world.trickle(condition, "abcd").await, Ok(Applied::Trickled));
    }
    let refused = [
        (tags(&["two"]), "abcd", NotApplied::OtherTag),
        (tags(&["two"]), "wxyz", NotApplied::OtherTag),
        (Condition::Missing, "wxyz", NotApplied::NoCondition),
    ];
    for (condition, ufrag, why) in refused {
        assert_eq!(world.trickle(condition, ufrag).await, Err(why));
    }
    assert!(world.wishes.try_recv().is_err(), "the session is not asked");
}

#[tokio::test]
async fn a_new_user_name_begins_ice_anew() {
    let mut world = World::new();
    let restarted = world.restart(Condition::Any, "wxyz", "two").await;
    let text = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:ours\r\n\
                a=ice-pwd:0123456789abcdef012345\r\n";
    assert_eq!(restarted, Applied::Restarted { fragment: text.into(), tag: "two".into() });
    // What was meant for the session before is not for this one.
    assert_eq!(world.trickle(tags(&["one"]), "abcd").await, Err(NotApplied::OtherTag));
    assert_eq!(world.trickle(Condition::Missing, "abcd").await, Err(NotApplied::NoCondition));
    assert_eq!(world.trickle(tags(&["two"]), "wxyz").await, Ok(Applied::Trickled));
    let Applied::Restarted { tag, .. } = world.restart(tags(&["two"]), "third", "three").await
    else {
        panic!("a restart")
    };
    assert_eq!(tag, "three");
}

#[tokio::test]
async fn a_restart_that_fails_leaves_the_session_as_it_was() {
    let mut world = World::new();
    let (call, id) = (world.call, world.seat.id());
    let sessions = Arc::clone(&world.sessions);
    let patch = sessions.patch(call, id, Condition::Any, fragment("wxyz"));
    let answering = async {
        let Some(Wish::Patch(_, back)) = world.wishes.recv().await else { panic!("no patch") };
        back.send(Err(PatchError::Unusable("x".into()))).unwrap();
    };
    let (failed, ()) = tokio::join!(patch, answering);
    assert_eq!(failed, Err(NotApplied::Session(PatchError::Unusable("x".into()))));
    assert_eq!(world.trickle(tags(&["one"]), "abcd").await, Ok(Applied::Trickled));
}

#[tokio::test]
async fn an_ended_session_is_not_found() {
    let world = World::new();
    let (call, id) = (world.call, world.seat.id());
    assert!(world.sessions.has(call, id));
    assert!(!world.sessions.has(CallId::new(), id), "it is of its call alone");
    assert_eq!(world.sessions.end(CallId::new(), id), Err(NotEnded::Unknown));
    assert_eq!(world.sessions.end(call, id), Ok(()));
    assert_eq!(world.sessions.end(call, id), Err(NotEnded::Unknown));
    let late = world.sessions.patch(call, id, Condition::Any, fragment("abcd")).await;
    assert_eq!(late, Err(NotApplied::Unknown));
    assert_eq!(world.sessions.count(), 0);
    drop(world.seat);
    assert_eq!(world.sessions.count(), 0);
}

#[test]
fn a_session_that_takes_nothing_is_not_lost() {
    let mut world = World::new();
    let (call, id) = (world.call, world.seat.id());
    let (handle, _wishes) = SessionHandle::new();
    while handle.close() {}
    let place = Place::of(ANSWER);
    let (tag, peer_ufrag) = ("one".to_owned(), "abcd".to_owned());
    world.seat.fill(Reached { handle, tag, peer_ufrag, place, restarting: false });
    assert_eq!(world.sessions.end(call, id), Err(NotEnded::Busy));
    assert!(world.sessions.has(call, id));
    world.wishes.close();
}

#[test]
fn places_are_bounded_and_given_back() {
    let sessions = Arc::new(Sessions::new(5));
    let call = CallId::new();
    let mut seats: Vec<_> = (0..4).map(|_| sessions.reserve(call).unwrap()).collect();
    assert_eq!(sessions.reserve(call).unwrap_err(), NoSeat::Call);
    let other = sessions.reserve(CallId::new()).unwrap();
    assert_eq!(sessions.reserve(CallId::new()).unwrap_err(), NoSeat::Server);
    drop(other);
    seats.pop();
    assert!(sessions.reserve(call).is_ok());
    drop(seats);
    assert_eq!(sessions.count(), 0);
}
