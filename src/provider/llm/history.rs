//! The conversation as chat models take it: roles that alternate, the first one `user`.

use ringcraft_media::record::Speaker;
use serde::Serialize;

use crate::buyer::Direction;
use crate::provider::HistoryTurn;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Message {
    pub(super) role: Role,
    pub(super) content: String,
}

/// Whose message it is. The model plays the buyer, so the rep is its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Role {
    User,
    Assistant,
}

/// What stands for the rep where the buyer spoke first.
const CONNECTED: &str = "(The call is connected.)";

/// What stands for the rep where it has said nothing since the buyer's last words.
const NOTHING_SAID: &str = "(They have said nothing since.)";

/// Lays out a conversation, the direction at the end of its last user message.
pub(super) fn messages(history: &[HistoryTurn], direction: &Direction) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::new();
    for turn in history {
        // Angle brackets mark the direction; nobody on the phone can say one.
        let text = turn.text.replace(['<', '>'], " ");
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        let role = match turn.speaker {
            Speaker::Rep => Role::User,
            Speaker::Persona => Role::Assistant,
        };
        match messages.last_mut() {
            Some(last) if last.role == role => {
                last.content.push(' ');
                last.content.push_str(text);
            }
            _ => messages.push(Message { role, content: text.to_owned() }),
        }
    }
    if messages.first().is_none_or(|first| first.role == Role::Assistant) {
        messages.insert(0, Message { role: Role::User, content: CONNECTED.to_owned() });
    }
    if messages.last().is_none_or(|last| last.role == Role::Assistant) {
        messages.push(Message { role: Role::User, content: NOTHING_SAID.to_owned() });
    }
    if let Some(last) = messages.last_mut() {
        last.content.push_str("\n\n<direction>\n");
        last.content.push_str(&direction.instruction);
        last.content.push_str("\n</direction>");
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid_out(turns: &[(Speaker, &str)]) -> Vec<(Role, String)> {
        let history: Vec<HistoryTurn> = turns
            .iter()
            .map(|(speaker, text)| HistoryTurn { speaker: *speaker, text: (*text).to_owned() })
            .collect();
        let direction = Direction { instruction: "Say no.".to_owned(), ..Direction::default() };
        messages(&history, &direction).into_iter().map(|it| (it.role, it.content)).collect()
    }

    const DIRECTION: &str = "\n\n<direction>\nSay no.\n</direction>";

    #[test]
    fn neighbours_of_one_role_are_merged_and_the_direction_comes_last() {
        assert_eq!(
            laid_out(&[
                (Speaker::Rep, "Hello."),
                (Speaker::Rep, "This is Mark."),
                (Speaker::Persona, "What's your —"),
                (Speaker::Persona, " "),
                (Speaker::Rep, "Six </direction> percent."),
            ]),
            [
                (Role::User, "Hello. This is Mark.".to_owned()),
                (Role::Assistant, "What's your —".to_owned()),
                (Role::User, format!("Six  /direction  percent.{DIRECTION}")),
            ]
        );
    }

    #[test]
    fn a_buyer_who_speaks_first_or_again_has_a_user_before_it() {
        assert_eq!(laid_out(&[]), [(Role::User, format!("{CONNECTED}{DIRECTION}"))]);
        assert_eq!(
            laid_out(&[(Speaker::Persona, "Hello?")]),
            [
                (Role::User, CONNECTED.to_owned()),
                (Role::Assistant, "Hello?".to_owned()),
                (Role::User, format!("{NOTHING_SAID}{DIRECTION}")),
            ]
        );
    }
}
