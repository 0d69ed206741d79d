//! A WebSocket that carries no call: it says back what it hears, which shows that there could be one.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::{Ending, Goodbye, Sink, Source, broken, open, say_goodbye};

/// How long it is held at most.
pub const ECHO_WITHIN: Duration = Duration::from_secs(10);

/// How many messages it says back.
pub const MAX_ECHOES: u32 = 20;

/// The longest of them, in bytes.
pub const MAX_ECHO: usize = 64;

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Echoed {
    /// Why it ended.
    pub ending: Ending,
    /// Messages that were said back.
    pub messages: u32,
}

/// Says back what a client says, until it leaves, has said enough, or its time is up.
pub async fn serve<S>(stream: S, already_read: Bytes) -> Echoed
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut sink, mut source) = open(stream, already_read, MAX_ECHO).await.split();
    let mut messages = 0;
    let echoing = echo(&mut sink, &mut source, &mut messages);
    let ending = timeout(ECHO_WITHIN, echoing).await.unwrap_or(Ending::Finished);
    let (frame, is_unread) = (close_frame(&ending), ending.leaves_unread());
    say_goodbye(sink, source, Goodbye { error: None, frame, is_unread }).await;
    Echoed { ending, messages }
}

async fn echo<S>(sink: &mut Sink<S>, source: &mut Source<S>, messages: &mut u32) -> Ending
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    while *messages < MAX_ECHOES {
        let message = match source.next().await {
            Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => message,
            Some(Ok(Message::Close(_))) | None => return Ending::ClientLeft,
            Some(Ok(_)) => continue,
            Some(Err(error)) => return broken(error),
        };
        if let Err(error) = sink.send(message).await {
            return broken(error);
        }
        *messages += 1;
    }
    Ending::Finished
}

fn close_frame(ending: &Ending) -> Option<CloseFrame> {
    let (code, reason) = match ending {
        Ending::Finished => (CloseCode::Normal, "the check is over"),
        Ending::TooBig => (CloseCode::Policy, "messages may have at most 64 bytes"),
        Ending::NotWebSocket => (CloseCode::Protocol, "these are no WebSocket messages"),
        _ => return None,
    };
    Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) })
}

#[cfg(test)]
mod tests {
    use tokio::io::DuplexStream;
    use tokio::task::JoinHandle;
    use tokio_tungstenite::WebSocketStream;
    use tokio_tungstenite::tungstenite::protocol::Role;
    use tokio_util::task::TaskTracker;

    use super::*;
    use crate::clock;

    async fn served() -> (WebSocketStream<DuplexStream>, JoinHandle<Echoed>) {
        let (near, far) = tokio::io::duplex(1 << 16);
        let echoed = TaskTracker::new().spawn(serve(near, Bytes::new()));
        (WebSocketStream::from_raw_socket(far, Role::Client, None).await, echoed)
    }

    /// Code and reason of the close that comes next.
    async fn closed(client: &mut WebSocketStream<DuplexStream>) -> (u16, String) {
        let next = client.next().await.unwrap().unwrap();
        let Message::Close(Some(frame)) = next else { panic!("{next:?}") };
        (frame.code.into(), frame.reason.to_string())
    }

    #[tokio::test(start_paused = true)]
    async fn twenty_messages_are_said_back_and_no_more() {
        let (mut client, echoed) = served().await;
        for number in 0..20_u8 {
            let sent = match number % 2 {
                0 => Message::Text("x".repeat(64).into()),
                _ => Message::Binary(vec![number; 64].into()),
            };
            client.send(sent.clone()).await.unwrap();
            assert_eq!(client.next().await.unwrap().unwrap(), sent);
        }
        assert_eq!(closed(&mut client).await, (1000, "the check is over".to_owned()));
        assert!(client.next().await.is_none());
        assert_eq!(echoed.await.unwrap(), Echoed { ending: Ending::Finished, messages: 20 });
    }

    #[tokio::test(start_paused = true)]
    async fn its_time_is_up_after_ten_seconds() {
        let begun = clock::now();
        let (mut client, echoed) = served().await;
        client.send("a".into()).await.unwrap();
        assert_eq!(client.next().await.unwrap().unwrap(), Message::Text("a".into()));
        assert_eq!(closed(&mut client).await.0, 1000);
        assert_eq!(clock::now() - begun, ECHO_WITHIN);
        assert!(client.next().await.is_none());
        assert_eq!(echoed.await.unwrap(), Echoed { ending: Ending::Finished, messages: 1 });
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_reads_nothing_and_does_not_leave_is_left() {
        let begun = clock::now();
        let (_client, echoed) = served().await;
        let echoed = echoed.await.unwrap();
        assert_eq!(echoed, Echoed { ending: Ending::Finished, messages: 0 });
        // It is waited for its goodbye, twice for two seconds at most.
        assert!(clock::now() - begun <= ECHO_WITHIN + Duration::from_secs(4));
    }

    #[tokio::test(start_paused = true)]
    async fn a_longer_message_ends_it() {
        let (mut client, echoed) = served().await;
        client.send("x".repeat(65).into()).await.unwrap();
        let told = (1008, "messages may have at most 64 bytes".to_owned());
        assert_eq!(closed(&mut client).await, told);
        drop(client);
        assert_eq!(echoed.await.unwrap(), Echoed { ending: Ending::TooBig, messages: 0 });
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_leaves_is_not_waited_for() {
        let begun = clock::now();
        let (mut client, echoed) = served().await;
        client.close(None).await.unwrap();
        assert_eq!(echoed.await.unwrap(), Echoed { ending: Ending::ClientLeft, messages: 0 });
        assert!(clock::now() - begun < Duration::from_secs(1));
    }
}
