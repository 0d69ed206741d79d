//! The scenarios that can be called.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::fields::Named;
use crate::http::signed_in::SignedIn;
use crate::persona::{Difficulty, FirstSpeaker, Scenario};

/// What a rep may know of a scenario before the call: nothing that has to be found out in it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ScenarioSummary {
    /// What calls are opened with.
    pub id: String,
    /// Grows with every change that a score could notice.
    pub version: u32,
    /// A name for people.
    pub title: String,
    /// `easy`, `medium` or `hard`.
    pub difficulty: String,
    /// A language tag.
    pub language: String,
    /// The rep's task.
    pub brief: String,
    /// Who is called.
    pub persona: PersonaSummary,
    /// Who speaks first: `buyer` or `rep`.
    pub first_speaker: String,
    /// Whether numbers and hints may be shown while the call runs: not in a test.
    pub coaching: bool,
    /// What the call is judged by.
    pub rubric: Vec<CriterionSummary>,
    /// What numbers of the call the rep aims at, by the path of the KPI.
    pub targets: BTreeMap<String, TargetSummary>,
}

/// Who is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PersonaSummary {
    /// What they are called.
    pub name: String,
    /// What they are in the call.
    pub role: String,
}

/// One thing the call is judged by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CriterionSummary {
    /// For programs.
    pub id: String,
    /// For people.
    pub title: String,
    /// Its share of the score, in percent.
    pub weight: u8,
}

/// Inclusive bounds of a number.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TargetSummary {
    /// At least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// At most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
}

impl ScenarioSummary {
    /// What a rep may know of this scenario.
    pub fn of(scenario: &Scenario) -> Self {
        let difficulty = match scenario.difficulty {
            Difficulty::Easy => "easy",
            Difficulty::Medium => "medium",
            Difficulty::Hard => "hard",
        };
        let first_speaker = match scenario.opening.speaker {
            FirstSpeaker::Buyer => "buyer",
            FirstSpeaker::Rep => "rep",
        };
        let rubric = scenario.rubric.iter().map(|criterion| CriterionSummary {
            id: criterion.id.clone(),
            title: criterion.title.clone(),
            weight: criterion.weight,
        });
        let targets = scenario.targets.iter().map(|(path, target)| {
            (path.clone(), TargetSummary { min: target.min, max: target.max })
        });
        Self {
            id: scenario.id.clone(),
            version: scenario.version,
            title: scenario.title.clone(),
            difficulty: difficulty.to_owned(),
            language: scenario.language.clone(),
            brief: scenario.brief.trim().to_owned(),
            persona: PersonaSummary {
                name: scenario.persona.name.clone(),
                role: scenario.persona.role.clone(),
            },
            first_speaker: first_speaker.to_owned(),
            coaching: scenario.coaching,
            rubric: rubric.collect(),
            targets: targets.collect(),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct ScenarioList {
    scenarios: Vec<ScenarioSummary>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ScenarioAnswer {
    scenario: ScenarioSummary,
}

/// Lists what can be practised.
#[utoipa::path(get, path = "/api/scenarios", tag = "scenarios", responses(
    (status = 200, description = "What a rep may know of each", body = ScenarioList),
))]
pub(super) async fn list(State(app): State<Arc<App>>, _: SignedIn) -> Json<ScenarioList> {
    Json(ScenarioList { scenarios: app.scenarios.clone() })
}

/// Shows what a rep may know of a scenario before the call.
#[utoipa::path(get, path = "/api/scenarios/{id}", tag = "scenarios",
    params(("id" = String, Path)),
    responses(
        (status = 200, description = "What a rep may know of it", body = ScenarioAnswer),
        (status = 404, description = "No scenario has this id", body = ErrorBody),
    ))]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    _: SignedIn,
    id: Result<Named<String>, ApiError>,
) -> Result<Json<ScenarioAnswer>, ApiError> {
    let unknown =
        || ApiError::new(StatusCode::NOT_FOUND, "unknown_scenario", "no scenario has this id");
    let Named(id) = id.map_err(|_| unknown())?;
    let scenario = app.scenarios.iter().find(|scenario| scenario.id == id).cloned();
    let scenario = scenario.ok_or_else(unknown)?;
    Ok(Json(ScenarioAnswer { scenario }))
}
