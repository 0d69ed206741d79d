//! What clients say of their microphones.

use ringcraft_media::call::EchoCancellation::{self, Off, On, Unknown};
use ringcraft_media::call::Event;

use super::*;

impl Client {
    async fn hears(&self, echo_cancellation: EchoCancellation) {
        self.inbound.send(LinkIn::Microphone(echo_cancellation)).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_client_says_of_its_microphone_counts_until_it_says_another_thing_or_is_gone() {
    let mut rig = Rig::healthy();
    let (call, mut first) = rig.connect();
    first.hears(On).await;
    first.until("reply.started").await;
    first.hears(Off).await;
    first.until("reply.ended").await;
    let mut observer = rig.calls.watch(call).unwrap();
    drop(first);
    seen(&mut observer, "call.held").await;
    let (link, mut second) = Client::new();
    rig.calls.attach(call, link).expect("a held call takes another link");
    second.until("reply.ended").await;
    second.inbound.send(LinkIn::HangUp).await.unwrap();
    let entries = rig.log().await;
    let events = entries.iter().filter_map(|entry| match entry {
        Entry::Event { event, .. } => Some(event),
        _ => None,
    });
    let events: Vec<&Event> = events.collect();
    assert_eq!(events[..2], [&Event::Connected, &Event::Microphone { echo_cancellation: On }]);
    let told = events.iter().filter_map(|event| match event {
        Event::Microphone { echo_cancellation } => Some(*echo_cancellation),
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), [On, Off, Unknown]);
}
