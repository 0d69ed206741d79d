fn main() -> anyhow::Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("recogniser") => Ok(ringcraft::provider::stt::recogniser_child::run()?),
        _ => Ok(()),
    }
}
