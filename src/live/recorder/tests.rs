use std::sync::{Condvar, Mutex};

use tokio::sync::broadcast::error::TryRecvError;

use super::*;
use crate::live::ledger::Ledger;
use crate::model::OrgId;
use crate::spool::{SPOOL_VERSION, SpoolContents, SpoolFolder, SpoolHeader};

/// A disk that does what its script says.
#[derive(Debug, Default)]
struct ScriptedDisk {
    state: Mutex<DiskState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct DiskState {
    file: Vec<u8>,
    /// Bytes it still takes; `None` is no limit.
    room: Option<usize>,
    /// Appends wait while it is held.
    held: bool,
    /// An append is waiting.
    appending: bool,
    synced: usize,
    syncs: usize,
}

impl ScriptedDisk {
    fn with(&self, change: impl FnOnce(&mut DiskState)) {
        change(&mut self.state.lock().unwrap());
        self.changed.notify_all();
    }

    fn file(&self) -> Vec<u8> {
        self.state.lock().unwrap().file.clone()
    }
}

impl Disk for ScriptedDisk {
    fn append(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.state.lock().unwrap();
        state.appending = true;
        self.changed.notify_all();
        let mut state = self.changed.wait_while(state, |state| state.held).unwrap();
        state.appending = false;
        let take = state.room.unwrap_or(usize::MAX).min(bytes.len());
        if take == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        state.room = state.room.map(|room| room - take);
        state.file.extend_from_slice(&bytes[..take]);
        Ok(take)
    }

    fn sync(&self) -> io::Result<()> {
        self.with(|state| {
            state.synced = state.file.len();
            state.syncs += 1;
        });
        Ok(())
    }
}

struct Rig {
    disk: Arc<ScriptedDisk>,
    feed: Arc<Feed>,
    input: mpsc::Sender<RecorderInput>,
    recorder: JoinHandle<Recorded>,
}

#[expect(clippy::disallowed_methods, reason = "the test itself waits for the task")]
fn rig() -> Rig {
    let (disk, feed) = (Arc::new(ScriptedDisk::default()), Arc::new(Feed::new()));
    let (input, receiver) = mpsc::channel(RECORDER_INPUT);
    let recorder = Recorder::new(CallId::default(), Arc::clone(&disk), Arc::clone(&feed));
    Rig { disk, feed, input, recorder: tokio::spawn(recorder.run(receiver)) }
}

fn line(json: &str, live: &[&str]) -> RecorderInput {
    let live = live.iter().map(|event| Arc::from(*event)).collect();
    RecorderInput::Line { json: json.to_owned(), live }
}

fn frame(leg: Speaker, start: u64, value: i16) -> RecorderInput {
    let pcm = [value; TAPE_FRAME_LEN];
    RecorderInput::Tape(TapeFrame { leg, start: Samples(start), len: TAPE_FRAME_LEN as u16, pcm })
}

fn contents(file: &[u8]) -> SpoolContents {
    let mut bytes = spool::header_chunk(&header());
    bytes.extend_from_slice(file);
    SpoolContents::read(&bytes[..]).unwrap()
}

fn header() -> SpoolHeader {
    SpoolHeader {
        version: SPOOL_VERSION,
        call_id: CallId::default(),
        org_id: OrgId(uuid::Uuid::nil()),
        scenario_id: "rachel".to_owned(),
        created_unix_ms: 0,
    }
}

#[tokio::test]
async fn nothing_is_told_before_its_line_is_written() {
    let rig = rig();
    let mut observer = rig.feed.watch().unwrap();
    rig.disk.with(|state| state.held = true);
    rig.input.send(line("one", &["told"])).await.unwrap();
    let disk = Arc::clone(&rig.disk);
    let waited = tokio::task::spawn_blocking(move || {
        let state = disk.state.lock().unwrap();
        drop(disk.changed.wait_while(state, |state| !state.appending).unwrap());
    });
    waited.await.unwrap();
    // The write is under way and the disk has taken nothing yet.
    assert_eq!(observer.try_recv(), Err(TryRecvError::Empty));
    assert!(rig.disk.file().is_empty());

    rig.disk.with(|state| state.held = false);
    assert_eq!(&*observer.recv().await.unwrap(), "told");
    assert_eq!(contents(&rig.disk.file()).lines, ["one"]);
    drop(rig.input);
    assert_eq!(rig.recorder.await.unwrap(), Recorded::default());
}

#[tokio::test]
async fn on_a_real_disk_every_event_finds_its_line_in_the_file() {
    let data = tempfile::tempdir().unwrap();
    let folder = SpoolFolder::open(data.path()).unwrap();
    let spool = folder.create(&header_of_new_call()).unwrap();
    let call = spool.call_id;
    let feed = Arc::new(Feed::new());
    let mut observer = feed.watch().unwrap();
    let (input, receiver) = mpsc::channel(RECORDER_INPUT);
    let lines = Ledger::unkept().lines(OrgId::default(), CallId::default());
    let recorder = run(spool, receiver, feed, lines);
    let script = async {
        for n in 0..200 {
            let name = n.to_string();
            input.send(line(&name, &[&name])).await.unwrap();
            input.send(frame(Speaker::Rep, n * 320, 5)).await.unwrap();
            if n % 7 == 0 {
                let told = observer.recv().await.unwrap();
                let lines = folder.read(call, &[]).unwrap().lines;
                assert!(lines.iter().any(|line| **line == *told), "{told} is not in the file");
            }
        }
        drop(input);
    };
    let (recorded, ()) = tokio::join!(recorder, script);
    assert_eq!(recorded, Recorded::default());
    let contents = folder.read(call, &[]).unwrap();
    assert_eq!(contents.lines, (0..200).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(contents.tape.len(), 1);
    assert_eq!(contents.tape[0].pcm, vec![5; 200 * 320]);
    assert_eq!(contents.dropped_bytes, 0);
}

fn header_of_new_call() -> SpoolHeader {
    SpoolHeader { call_id: CallId::new(), ..header() }
}

#[tokio::test]
async fn sound_is_written_in_chunks_of_at_most_100_ms() {
    let rig = rig();
    for n in 0..11 {
        rig.input.send(frame(Speaker::Rep, n * 320, n as i16)).await.unwrap();
        rig.input.send(frame(Speaker::Persona, n * 320, -(n as i16))).await.unwrap();
    }
    // A gap in a leg ends its chunk.
    rig.input.send(frame(Speaker::Rep, 100_000, 99)).await.unwrap();
    drop(rig.input);
    rig.recorder.await.unwrap();

    let file = rig.disk.file();
    let tape = contents(&file).tape;
    let rep: Vec<i16> = (0..11).flat_map(|n| [n; 320]).collect();
    let runs: Vec<_> = tape.iter().filter(|run| run.leg == Speaker::Rep).collect();
    assert_eq!((runs[0].start, &runs[0].pcm), (Samples(0), &rep));
    assert_eq!((runs[1].start, &runs[1].pcm), (Samples(100_000), &vec![99; 320]));
    let persona: usize =
        tape.iter().filter(|run| run.leg == Speaker::Persona).map(|run| run.pcm.len()).sum();
    assert_eq!(persona, 11 * 320);

    // Prefix 9, leg and place 9, 1600 samples of 2 bytes.
    let mut at = 0;
    while at < file.len() {
        let length = u32::from_le_bytes(file[at + 1..at + 5].try_into().unwrap()) as usize;
        assert!(length <= 9 + 3_200, "a chunk of {length} bytes");
        at += 9 + length;
    }
}

#[tokio::test(start_paused = true)]
async fn sound_waits_100_ms_for_company_at_most() {
    let rig = rig();
    rig.input.send(frame(Speaker::Rep, 0, 1)).await.unwrap();
    tokio::time::sleep(TICK + Duration::from_millis(1)).await;
    settle(&rig.disk, 9 + 9 + 640).await;
    assert_eq!(contents(&rig.disk.file()).tape[0].pcm.len(), 320);
}

/// Waits until the file has grown to `length`.
async fn settle(disk: &Arc<ScriptedDisk>, length: usize) {
    let disk = Arc::clone(disk);
    let waited = tokio::task::spawn_blocking(move || {
        let state = disk.state.lock().unwrap();
        drop(disk.changed.wait_while(state, |state| state.file.len() < length).unwrap());
    });
    waited.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_was_written_is_synced_within_a_second_and_not_again() {
    let rig = rig();
    rig.input.send(line("one", &[])).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_150)).await;
    let (synced, syncs) = {
        let state = rig.disk.state.lock().unwrap();
        (state.synced, state.syncs)
    };
    assert_eq!((synced, syncs), (9 + 3, 1));
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(rig.disk.state.lock().unwrap().syncs, 1);

    rig.input.send(line("two", &[])).await.unwrap();
    drop(rig.input);
    rig.recorder.await.unwrap();
    let state = rig.disk.state.lock().unwrap();
    assert_eq!((state.synced, state.syncs), (2 * (9 + 3), 2));
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_is_full_for_a_while_costs_nothing() {
    let rig = rig();
    let mut observer = rig.feed.watch().unwrap();
    rig.disk.with(|state| state.room = Some(15));
    rig.input.send(line("one", &["1"])).await.unwrap();
    rig.input.send(line("two", &["2"])).await.unwrap();
    assert_eq!(&*observer.recv().await.unwrap(), "1");
    tokio::time::sleep(Duration::from_millis(500)).await;
    // Three bytes of the second chunk are in the file: its event waits.
    assert_eq!(rig.disk.file().len(), 15);
    assert_eq!(observer.try_recv(), Err(TryRecvError::Empty));

    rig.disk.with(|state| state.room = None);
    assert_eq!(&*observer.recv().await.unwrap(), "2");
    drop(rig.input);
    let recorded = rig.recorder.await.unwrap();
    assert!(recorded.unwritten.is_empty());
    assert!(recorded.faults.refused != 0);
    assert_eq!(recorded.faults.told_early, 0);
    assert_eq!(contents(&rig.disk.file()).lines, ["one", "two"]);
}

#[tokio::test(start_paused = true)]
async fn with_a_disk_that_stays_full_the_call_goes_on_from_memory() {
    let rig = rig();
    let mut observer = rig.feed.watch().unwrap();
    rig.disk.with(|state| state.room = Some(5));
    rig.input.send(line("one", &["1"])).await.unwrap();
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert_eq!(observer.try_recv(), Err(TryRecvError::Empty));
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert_eq!(&*observer.try_recv().unwrap(), "1");
    // From now on events do not wait at all.
    rig.input.send(line("two", &["2"])).await.unwrap();
    assert_eq!(&*observer.recv().await.unwrap(), "2");
    rig.input.send(frame(Speaker::Rep, 0, 3)).await.unwrap();
    drop(rig.input);

    let recorded = rig.recorder.await.unwrap();
    assert_eq!(recorded.faults.told_early, 2);
    let mut whole = rig.disk.file();
    assert_eq!(whole.len(), 5);
    whole.extend_from_slice(&recorded.unwritten);
    let contents = contents(&whole);
    assert_eq!(contents.lines, ["one", "two"]);
    assert_eq!(contents.tape[0].pcm, vec![3; 320]);
    assert_eq!(contents.dropped_bytes, 0);
}

#[tokio::test]
async fn memory_is_bounded_and_the_log_has_no_hole() {
    let disk = Arc::new(ScriptedDisk::default());
    let feed = Arc::new(Feed::new());
    let mut recorder = Recorder::new(CallId::default(), disk, feed);
    let long = "x".repeat(1 << 20);
    for _ in 0..16 {
        recorder.take(line(&long, &[]));
    }
    recorder.take(frame(Speaker::Rep, 0, 1));
    recorder.flush_tape();
    assert_eq!(recorder.faults.samples_dropped, 320);
    for _ in 0..9 {
        recorder.take(line(&long, &[]));
    }
    assert_eq!(recorder.faults.lines_dropped, 1);
    // Even when there is room again, a line after a lost one would read as if none were lost.
    recorder.pending.clear();
    recorder.take(line("late", &[]));
    assert_eq!(recorder.faults.lines_dropped, 2);
    assert!(recorder.pending.is_empty());
}
