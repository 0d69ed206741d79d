//! A disk that takes no more.

use std::process::Command;

use rustix::process::{Resource, Rlimit, getrlimit, prlimit};
use serde_json::Value;

use crate::client::{Opened, ask, fetch};
use crate::server::{Home, Server};

/// Lets the server write no file past so many bytes.
fn limit_files(server: &Server, bytes: Option<u64>) {
    let maximum = getrlimit(Resource::Fsize).maximum;
    let limit = Rlimit { current: bytes, maximum };
    prlimit(Some(server.pid()), Resource::Fsize, limit).unwrap();
}

#[tokio::test]
async fn a_disk_that_refuses_for_a_while_costs_a_running_call_nothing() {
    let server = Server::start(&[]);
    let call = Opened::new(&server).await;
    let mut client = call.connect().await;
    client.hear_out().await;
    let spool = server.data_dir().join("spool").join(&call.id).join("call.spool");
    let full = std::fs::metadata(&spool).unwrap().len();
    limit_files(&server, Some(full));
    let words = client.say_sentence().await;
    client.hear_out().await;
    assert!(std::fs::metadata(&spool).unwrap().len() <= full, "the disk took nothing");
    limit_files(&server, None);
    assert_eq!(client.hang_up().await, "rep_hung_up");
    let shown = call.sealed().await;
    let record: Value = serde_json::from_slice(&fetch(&shown["links"]["record"]).await).unwrap();
    let kept = record["utterances"].as_array().unwrap();
    assert!(kept.iter().any(|said| said["text"] == words.as_str()), "{words}\n{kept:#?}");
    for said in client.utterances() {
        assert!(kept.contains(said), "shown and lost: {said}");
    }
    assert!(server.log().contains("the disk does not take the call's spool"));
}

/// A small disk at a place, until it is dropped.
struct SmallDisk<'a>(&'a std::path::Path);

impl SmallDisk<'_> {
    /// Mounts it; nothing where this user may not.
    fn mount(place: &std::path::Path) -> Option<SmallDisk<'_>> {
        std::fs::create_dir_all(place).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=100m,mode=700", "ringcraft-test"]).arg(place);
        mount.output().is_ok_and(|done| done.status.success()).then_some(SmallDisk(place))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).output();
    }
}

#[tokio::test]
async fn with_a_disk_that_is_nearly_full_no_call_is_taken() {
    let home = Home::new();
    let place = home.path().join("data");
    let Some(_disk) = SmallDisk::mount(&place) else {
        return eprintln!("not run: only root may mount a small disk");
    };
    let server = Server::start_in(home, &[]);
    let answer = ask(&server, "rachel").await;
    assert_eq!((answer.status, answer.code()), (503, "disk_full"));
    assert!(answer.retry_after.is_some());
}
