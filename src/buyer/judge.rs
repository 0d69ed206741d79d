//! Whether a scenario's conditions hold.

use ringcraft_media::units::Span;

use super::signals::Signals;
use super::state::{ObjectionState, State};
use crate::persona::{Needs, Scenario, When};

/// How many turns may lie between a rate and what belongs to it.
const NEAR_TURNS: u32 = 1;

/// Whether everything a condition asks for holds after a turn.
pub(super) fn holds(when: &When, scenario: &Scenario, state: &State, turn: &Signals) -> bool {
    let monologue = |s: u32| Span::ms(u64::from(s) * 1_000) < turn.talk;
    when.turns.is_none_or(|least| least <= state.turns)
        && when.refusals.is_none_or(|least| least <= state.refusals)
        && when.insults.is_none_or(|least| least <= state.insults)
        && when.monologue_s.is_none_or(monologue)
        && when.quoted.is_none_or(|wanted| wanted == state.quoted_in.is_some())
        && when.quotes.is_none_or(|wanted| wanted == turn.quoted)
        && (when.said.is_empty() || when.said.iter().any(|topic| turn.says(topic)))
        && !when.unsaid.iter().any(|topic| turn.says(topic))
        && !when.unsatisfied.iter().any(|id| settled(id, scenario, state))
        && when.trust_below.is_none_or(|level| state.trust < level)
        && when.patience_below.is_none_or(|level| state.patience < level)
}

/// Whether the rep has done all of it, for what is `known` of an objection.
pub(super) fn met(
    needs: &Needs,
    known: ObjectionState,
    scenario: &Scenario,
    state: &State,
) -> bool {
    let said = |topic: &String| match (state.said_in.get(topic), state.quoted_in) {
        (Some(turn), Some(quote)) if needs.quoted => turn.abs_diff(quote) <= NEAR_TURNS,
        (Some(_), _) => !needs.quoted,
        (None, _) => false,
    };
    needs.questions <= state.questions
        && (!needs.quoted || state.quoted_in.is_some())
        && needs.said.iter().all(|group| group.iter().any(said))
        && (!needs.acknowledged || known.acknowledged)
        && needs.satisfied.iter().all(|id| settled(id, scenario, state))
        && needs.trust <= state.trust
}

/// Whether an objection stands in the way no more: satisfied, or answered before it was raised.
fn settled(id: &str, scenario: &Scenario, state: &State) -> bool {
    let objection = state.objection(id);
    let Some(known) = scenario.objections.iter().find(|it| it.id == id) else { return true };
    // A cycle of objections that need one another would not end.
    objection.satisfied
        || (known.satisfied_by.satisfied.is_empty()
            && met(&known.satisfied_by, objection, scenario, state))
}
