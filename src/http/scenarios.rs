//! The scenarios that can be called.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::persona::{Difficulty, Scenario};

/// What a rep may know of a scenario before the call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScenarioSummary {
    /// What calls are opened with.
    pub id: String,
    /// A name for people.
    pub title: String,
    /// How hard it is.
    pub difficulty: String,
    /// The rep's task.
    pub brief: String,
}

impl ScenarioSummary {
    /// What a rep may know of this scenario.
    pub fn of(scenario: &Scenario) -> Self {
        let difficulty = match scenario.difficulty {
            Difficulty::Easy => "easy",
            Difficulty::Medium => "medium",
            Difficulty::Hard => "hard",
        };
        Self {
            id: scenario.id.clone(),
            title: scenario.title.clone(),
            difficulty: difficulty.to_owned(),
            brief: scenario.brief.trim().to_owned(),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct ScenarioList {
    scenarios: Vec<ScenarioSummary>,
}

/// Lists what can be practised.
#[utoipa::path(get, path = "/api/scenarios", tag = "scenarios", responses(
    (status = 200, description = "What a rep may know of each", body = ScenarioList),
))]
pub(super) async fn list(State(app): State<Arc<App>>) -> Json<impl Serialize> {
    Json(ScenarioList { scenarios: app.scenarios.clone() })
}
