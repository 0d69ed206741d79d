use std::io::Read;

use axum::Router;
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::*;
use crate::blob::{BlobConfig, embedded};

#[expect(clippy::disallowed_methods, reason = "the server ends with the test's runtime")]
async fn store(data: &TempDir) -> Blob {
    let server = embedded(data.path(), "ringcraft").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let keys = Some(server.keys().clone());
    let routes = Router::new().fallback_service(server.router());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Blob::new(BlobConfig {
        bucket: "ringcraft".to_owned(),
        region: "us-east-1".to_owned(),
        endpoint: Some(endpoint),
        public_endpoint: None,
        keys,
    })
    .await
}

fn input() -> SealInput {
    SealInput {
        lines: vec![r#"{"n":1}"#.to_owned(), r#"{"n":2}"#.to_owned()],
        rep: vec![1, -2, 3],
        persona: vec![i16::MIN, 0, i16::MAX],
        record_json: br#"{"record":true}"#.to_vec(),
        kpis_json: br#"{"kpis":true}"#.to_vec(),
    }
}

fn keys() -> SealedKeys {
    SealedKeys::of(
        OrgId(uuid::Uuid::nil()),
        "01920000-0000-7000-8000-000000000001".parse().unwrap(),
    )
}

#[tokio::test]
async fn a_sealed_call_has_all_its_objects() {
    let data = tempfile::tempdir().unwrap();
    let work = tempfile::tempdir().unwrap();
    let blob = store(&data).await;
    assert!(!is_sealed(&blob, &keys()).await.unwrap());
    let sealed = seal(&blob, keys(), input(), work.path()).await.unwrap();
    assert!(is_sealed(&blob, &keys()).await.unwrap());
    assert_eq!(
        sealed.record,
        "org/00000000-0000-0000-0000-000000000000/call/01920000-0000-7000-8000-000000000001/record.json"
    );

    // RIFF, 36 + 12 bytes; PCM, 2 channels, 16000 Hz, 64000 bytes a second, blocks of 4, 16 bits.
    let mut wav = b"RIFF\x30\0\0\0WAVEfmt \x10\0\0\0\x01\0\x02\0".to_vec();
    wav.extend(b"\x80\x3e\0\0\0\xfa\0\0\x04\0\x10\0data\x0c\0\0\0");
    wav.extend([1, 0, 0, 0x80, 0xfe, 0xff, 0, 0, 3, 0, 0xff, 0x7f]);
    assert_eq!(*blob.get(&sealed.wav).await.unwrap(), *wav);

    let log = blob.get(&sealed.log).await.unwrap();
    let mut lines = String::new();
    zstd::stream::Decoder::new(&log[..]).unwrap().read_to_string(&mut lines).unwrap();
    assert_eq!(lines, "{\"n\":1}\n{\"n\":2}\n");
    assert_eq!(&*blob.get(&sealed.record).await.unwrap(), br#"{"record":true}"#);
    assert_eq!(&*blob.get(&sealed.kpis).await.unwrap(), br#"{"kpis":true}"#);
    let peaks: Peaks = serde_json::from_slice(&blob.get(&sealed.peaks).await.unwrap()).unwrap();
    assert_eq!((peaks.rep.max, peaks.persona.min), (vec![0], vec![-128]));
    assert_eq!(&blob.get(&sealed.opus).await.unwrap()[..4], b"OggS");

    for (key, content_type) in [
        (&sealed.wav, "audio/wav"),
        (&sealed.opus, "audio/ogg; codecs=opus"),
        (&sealed.log, "application/zstd"),
        (&sealed.record, "application/json"),
        (&sealed.kpis, "application/json"),
        (&sealed.peaks, "application/json"),
    ] {
        let info = blob.head(key).await.unwrap().unwrap();
        assert_eq!(info.content_type.as_deref(), Some(content_type));
    }
    assert_eq!(std::fs::read_dir(work.path()).unwrap().count(), 0, "nothing is left behind");
}

#[tokio::test]
async fn sealing_again_finishes_what_was_begun_and_changes_nothing_that_is_done() {
    let data = tempfile::tempdir().unwrap();
    let blob = store(&data).await;
    // A process died before the record: the other objects are made again.
    blob.put(&keys().kpis, BlobBody::Bytes("torn".into()), "application/json").await.unwrap();
    seal(&blob, keys(), input(), data.path()).await.unwrap();
    assert_eq!(&*blob.get(&keys().kpis).await.unwrap(), br#"{"kpis":true}"#);

    let other = SealInput { kpis_json: b"{}".to_vec(), ..input() };
    let sealed = seal(&blob, keys(), other, data.path()).await.unwrap();
    assert_eq!(sealed, keys());
    assert_eq!(&*blob.get(&keys().kpis).await.unwrap(), br#"{"kpis":true}"#);
}

#[tokio::test]
async fn a_call_that_cannot_be_made_or_stored_is_not_sealed() {
    let data = tempfile::tempdir().unwrap();
    let blob = store(&data).await;
    let unequal = SealInput { rep: vec![0], ..input() };
    let refused = seal(&blob, keys(), unequal, data.path()).await;
    assert!(matches!(refused, Err(SealError::Opus(OpusFileError::UnequalLegs { .. }))));

    // Where the object would go stands something else.
    let call = data.path().join("objects/ringcraft").join(&keys().peaks);
    std::fs::create_dir_all(call.join("in the way")).unwrap();
    let refused = seal(&blob, keys(), input(), data.path()).await;
    assert!(matches!(refused, Err(SealError::Store(BlobError::Failed { .. }))), "{refused:?}");
    assert!(!is_sealed(&blob, &keys()).await.unwrap());
}
