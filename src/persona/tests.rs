use super::*;

const RACHEL: &str = include_str!("../../prompts/scenarios/rachel.md");
const RULES: &str = include_str!("../../prompts/rules.md");
const GOLDEN: &str = include_str!("../../tests/golden/rachel_system_prompt.txt");

fn library(scenario: &str) -> Result<Library, PersonaError> {
    Library::of(
        &("rules.md".to_owned(), RULES.to_owned()),
        &[("rachel.md".to_owned(), scenario.to_owned())],
    )
}

fn rachel() -> Arc<Scenario> {
    Library::embedded().expect("the embedded library is right").scenario("rachel").expect("rachel")
}

#[test]
fn the_rendered_prompt_is_the_golden_one() {
    let rachel = rachel();
    assert_eq!(rachel.system_prompt().trim(), GOLDEN.trim());
}

#[test]
fn the_prompt_keeps_the_hidden_facts_hidden() {
    let rachel = rachel();
    let prompt = words::Words::of(rachel.system_prompt());
    for fact in &rachel.facts {
        for tell in &fact.tells {
            assert!(!prompt.contains(tell, words::Ear::Sharp), "{}: {tell:?}", fact.id);
        }
    }
}

#[test]
fn a_folder_loads_like_the_embedded_library() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts");
    let from_dir = Library::from_dir(&folder).expect("the folder is right");
    let one = from_dir.scenario("rachel").expect("rachel");
    assert_eq!(one.hash(), rachel().hash());
    assert_eq!(one.hash().len(), 64);
    assert_eq!(from_dir.scenarios().count(), 1);
    assert!(from_dir.scenario("nobody").is_none());
}

#[test]
fn a_folder_without_rules_names_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let error = Library::from_dir(folder.path()).expect_err("nothing is there");
    assert!(error.to_string().contains("rules.md"), "{error}");
}

#[test]
fn the_hash_covers_rules_and_scenario() {
    let hash = |rules: &str, scenario: &str| prompt::hash(&[rules, scenario]);
    assert_ne!(hash("a", "bc"), hash("ab", "c"));
    let changed = RACHEL.replace("You are quick, dry", "You are slow, dry");
    let library = library(&changed).expect("still right");
    assert_ne!(library.scenario("rachel").expect("rachel").hash(), rachel().hash());
}

#[test]
fn a_scenario_coaches_unless_it_says_not() {
    assert!(rachel().coaching);
    let test = RACHEL.replace("patience_s = 6", "patience_s = 6\ncoaching = false");
    let library = library(&test).expect("still right");
    assert!(!library.scenario("rachel").expect("rachel").coaching);
}

#[test]
fn faults_are_named_with_file_and_path() {
    let faults = [
        ("patience_s = 6", "patience_sec = 6", "patience_sec", "unknown field"),
        ("patience_s = 6", "patience_s = 60", "patience_s", "1 to 30"),
        ("trust = 35", "trust = 135", "trust", "0 to 100"),
        ("difficulty = \"easy\"", "difficulty = \"soft\"", "difficulty", "unknown variant"),
        ("topics = [\"credit\"]", "topics = [\"score\"]", "facts[0].unlock.topics", "score"),
        (
            "\"Seven forty-one, the last",
            "\"Seven fifty-one, the last",
            "facts[0].lines[1]",
            "tells",
        ),
        ("\"Hello? I can't hear you.\"", "\"Hello *taps* there.\"", "lines.nudge[1]", "spoken"),
        ("raises = \"just_the_rate\"", "raises = \"nothing\"", "opening.raises", "no objection"),
        (
            "when = { insults = 2 }",
            "when = { insult = 2 }",
            "hang_ups[0].when.insult",
            "unknown field",
        ),
        ("when = { monologue_s = 90 }", "when = {}", "hang_ups[1].when", "needs a condition"),
        ("id = \"lease_ends\"", "id = \"credit_score\"", "facts[1].id", "twice"),
        ("weight = 20", "weight = 25", "rubric", "105"),
        ("version = 1", "version = 0", "version", "from 1"),
        ("id = \"rachel\"", "id = \"Rachel Moore\"", "id", "lower-case"),
        ("flite = \"slt\", ", "", "voice.flite", "missing"),
        ("trust_cost = 8", "trust_cost = \"8\"", "traps[0].trust_cost", "invalid type"),
        ("trust_cost = 8", "trust_cost = ", "front matter", ""),
        ("Not yet. I'd like", "Send it over. I'd like", "goals[0].not_yet[0]", "tell"),
        (
            "\"rep.longest_monologue_ms\" = { max = 60000 }",
            "\"rep.longest_monologue_ms\" = {}",
            "targets.rep.longest_monologue_ms",
            "needs min",
        ),
    ];
    for (from, to, path, reason) in faults {
        assert!(RACHEL.contains(from), "the test is stale: {from}");
        match library(&RACHEL.replacen(from, to, 1)) {
            Err(PersonaError::Invalid { file, path: at, reason: why }) => {
                assert_eq!((file.as_str(), at.as_str()), ("rachel.md", path), "{to}: {why}");
                assert!(why.contains(reason), "{to}: {why}");
            }
            other => panic!("{to}: {other:?}"),
        }
    }
}

#[test]
fn a_file_without_front_matter_is_refused() {
    for text in ["", "id = \"x\"", "+++\nid = \"x\"\n", "+++ \nid\n+++\n"] {
        let error = library(text).expect_err("it has none");
        assert!(matches!(error, PersonaError::NoFrontMatter { .. }), "{text:?}: {error}");
    }
}

#[test]
fn two_files_cannot_have_one_id() {
    let file = |name: &str| (name.to_owned(), RACHEL.to_owned());
    let rules = ("rules.md".to_owned(), RULES.to_owned());
    let error = Library::of(&rules, &[file("a.md"), file("b.md")]).expect_err("twice");
    assert!(error.to_string().contains("b.md: id"), "{error}");
}

#[test]
fn rules_without_a_topic_the_machine_needs_are_refused() {
    let rules = ("rules.md".to_owned(), RULES.replacen("\nfarewell = [", "\nadieu = [", 1));
    let error = Library::of(&rules, &[("a.md".to_owned(), RACHEL.to_owned())]);
    assert!(error.expect_err("farewell").to_string().contains("topics.farewell"));
}
