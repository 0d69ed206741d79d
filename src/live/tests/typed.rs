//! Reps who type.

use super::*;

impl Client {
    async fn say(&self, text: &str) {
        self.inbound.send(LinkIn::Say(text.to_owned())).await.unwrap();
    }

    /// Waits, without a frame, until something is refused: why.
    async fn refusal(&mut self) -> String {
        let search = async {
            loop {
                if let LinkOut::Refused(refused) = self.outbound.recv().await.unwrap() {
                    assert_eq!(refused.code, "not_now");
                    return refused.message.into_owned();
                }
            }
        };
        timeout(WITHIN, search).await.expect("a refusal")
    }
}

#[tokio::test(start_paused = true)]
async fn a_typed_turn_is_answered_and_one_at_a_bad_time_refused() {
    let mut rig = Rig::healthy();
    let (call, mut client) = rig.connect();
    client.say("Too early").await;
    assert_eq!(client.refusal().await, driver::NOT_CONNECTED);
    client.until("reply.ended").await;
    client.say("What matters most to you?").await;
    client.say("Too fast").await;
    assert_eq!(client.refusal().await, driver::TOO_SOON);
    client.until("reply.started").await;
    client.until("reply.ended").await;
    client.say("I see.").await;
    client.until("reply.started").await;
    // Without frames the call is held while its link is there.
    let mut observer = rig.calls.watch(call).unwrap();
    seen(&mut observer, "call.held").await;
    client.say("Too late").await;
    assert_eq!(client.refusal().await, driver::HELD);
    client.inbound.send(LinkIn::HangUp).await.unwrap();
    let entries = rig.log().await;
    let record = log::record(&entries).unwrap();
    let typed = record.parts().utterances.iter().filter(|said| said.typed);
    let typed: Vec<&str> = typed.map(|said| said.text.as_str()).collect();
    assert_eq!(typed, ["What matters most to you?", "I see."]);
    let steps = entries.iter().filter(|entry| matches!(entry, Entry::Buyer { .. })).count();
    assert_eq!(steps, 3, "the opening and two answers");
}
