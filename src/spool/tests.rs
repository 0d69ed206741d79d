use proptest::prelude::*;

use super::*;

fn header() -> SpoolHeader {
    SpoolHeader {
        version: SPOOL_VERSION,
        call_id: "01920000-0000-7000-8000-000000000001".parse().unwrap(),
        org_id: OrgId(uuid::Uuid::nil()),
        scenario_id: "rachel".to_owned(),
        created_unix_ms: 1_700_000_000_000,
    }
}

/// A small spool, the offsets at which its chunks end, and the lines and samples by then.
fn small_spool() -> (Vec<u8>, Vec<(usize, usize, usize)>) {
    let mut bytes = header_chunk(&header());
    let mut ends = vec![(bytes.len(), 0, 0)];
    push_line(&mut bytes, r#"{"n":1}"#);
    ends.push((bytes.len(), 1, 0));
    push_tape(&mut bytes, Speaker::Rep, Samples(0), &[1, -2, 3]);
    ends.push((bytes.len(), 1, 3));
    push_tape(&mut bytes, Speaker::Persona, Samples(2), &[i16::MIN, i16::MAX]);
    ends.push((bytes.len(), 1, 5));
    push_line(&mut bytes, "ünïcode");
    ends.push((bytes.len(), 2, 5));
    (bytes, ends)
}

fn samples_of(contents: &SpoolContents) -> usize {
    contents.tape.iter().map(|run| run.pcm.len()).sum()
}

#[test]
fn what_was_written_is_read() {
    let (bytes, _) = small_spool();
    let contents = SpoolContents::read(&bytes[..]).unwrap();
    assert_eq!(
        contents,
        SpoolContents {
            header: header(),
            lines: vec![r#"{"n":1}"#.to_owned(), "ünïcode".to_owned()],
            tape: vec![
                TapeRun { leg: Speaker::Rep, start: Samples(0), pcm: vec![1, -2, 3] },
                TapeRun { leg: Speaker::Persona, start: Samples(2), pcm: vec![i16::MIN, i16::MAX] },
            ],
            dropped_bytes: 0,
        }
    );
}

#[test]
fn the_format_on_disk_is_fixed() {
    let mut bytes = Vec::new();
    push_tape(&mut bytes, Speaker::Persona, Samples(0x0102), &[-1]);
    // Kind 3, 11 bytes; the checksum was computed apart: zlib.crc32 of the other 16 bytes.
    let sum = 0x77a1_5018u32.to_le_bytes();
    let mut expected = vec![3, 11, 0, 0, 0];
    expected.extend(sum);
    expected.extend([1, 2, 1, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);
    assert_eq!(bytes, expected);
}

#[test]
fn runs_of_one_leg_join_where_they_touch() {
    let mut bytes = header_chunk(&header());
    push_tape(&mut bytes, Speaker::Rep, Samples(0), &[1, 2]);
    push_tape(&mut bytes, Speaker::Persona, Samples(0), &[7]);
    push_tape(&mut bytes, Speaker::Rep, Samples(2), &[3]);
    push_tape(&mut bytes, Speaker::Rep, Samples(9), &[4]);
    let tape = SpoolContents::read(&bytes[..]).unwrap().tape;
    let runs: Vec<_> = tape.iter().map(|run| (run.leg, run.start.0, &run.pcm[..])).collect();
    assert_eq!(
        runs,
        [
            (Speaker::Rep, 0, &[1, 2, 3][..]),
            (Speaker::Persona, 0, &[7][..]),
            (Speaker::Rep, 9, &[4][..]),
        ]
    );
}

#[test]
fn a_cut_at_any_byte_loses_the_cut_chunk_alone() {
    let (bytes, ends) = small_spool();
    let header_end = ends[0].0;
    for cut in 0..=bytes.len() {
        let read = SpoolContents::read(&bytes[..cut]);
        if cut < header_end {
            assert!(matches!(read, Err(SpoolError::NoHeader)), "cut at {cut}");
            continue;
        }
        let contents = read.unwrap();
        let &(end, lines, samples) =
            ends.iter().rev().find(|(end, ..)| *end <= cut).expect("the header is whole");
        assert_eq!(contents.lines.len(), lines, "cut at {cut}");
        assert_eq!(samples_of(&contents), samples, "cut at {cut}");
        assert_eq!(contents.dropped_bytes, (cut - end) as u64, "cut at {cut}");
    }
}

#[test]
fn a_changed_bit_ends_reading_before_it() {
    let (bytes, ends) = small_spool();
    for at in ends[0].0..bytes.len() {
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << bit;
            let contents = SpoolContents::read(&damaged[..]).unwrap();
            let &(end, lines, samples) =
                ends.iter().rev().find(|(end, ..)| *end <= at).expect("the header is whole");
            assert_eq!(contents.lines.len(), lines, "bit {bit} of byte {at}");
            assert_eq!(samples_of(&contents), samples, "bit {bit} of byte {at}");
            assert_eq!(contents.dropped_bytes, (bytes.len() - end) as u64, "byte {at}");
        }
    }
}

#[test]
fn zeros_after_a_power_cut_are_no_chunks() {
    let (mut bytes, _) = small_spool();
    bytes.extend([0; 100]);
    let contents = SpoolContents::read(&bytes[..]).unwrap();
    assert_eq!((contents.lines.len(), contents.dropped_bytes), (2, 100));
}

#[test]
fn another_version_is_refused() {
    let bytes = header_chunk(&SpoolHeader { version: 2, ..header() });
    assert!(matches!(SpoolContents::read(&bytes[..]), Err(SpoolError::Version(2))));
}

#[test]
fn a_folder_lists_reads_and_removes() {
    let data = tempfile::tempdir().unwrap();
    let folder = SpoolFolder::open(data.path()).unwrap();
    let second = SpoolHeader {
        call_id: "01920000-0000-7000-8000-000000000002".parse().unwrap(),
        ..header()
    };
    folder.create(&second).unwrap();
    folder.create(&header()).unwrap();
    assert!(folder.create(&header()).is_err(), "a spool is never opened twice");
    assert_eq!(folder.list().unwrap(), [header().call_id, second.call_id]);

    let mut unwritten = Vec::new();
    push_line(&mut unwritten, "held in memory");
    let contents = folder.read(second.call_id, &unwritten).unwrap();
    assert_eq!(contents.header, second);
    assert_eq!(contents.lines, ["held in memory"]);
    assert_eq!(folder.append(second.call_id, unwritten), [] as [u8; 0]);
    assert_eq!(folder.read(second.call_id, &[]).unwrap(), contents, "now the disk has it");
    assert_eq!(folder.header(second.call_id).unwrap(), second);
    let gone: crate::model::CallId = "01920000-0000-7000-8000-000000000009".parse().unwrap();
    assert_eq!(folder.append(gone, vec![7]), [7], "what is not taken comes back");
    assert!(folder.header(gone).is_err());

    std::fs::write(folder.call_dir(header().call_id).join("legs.wav"), "half made").unwrap();
    folder.remove(header().call_id).unwrap();
    folder.remove(header().call_id).unwrap();
    assert_eq!(folder.list().unwrap(), [second.call_id]);
}

#[test]
fn free_space_is_that_of_the_disk() {
    let data = tempfile::tempdir().unwrap();
    let folder = SpoolFolder::open(data.path()).unwrap();
    let df = std::process::Command::new("df")
        .args(["--output=avail", "-B1"])
        .arg(data.path())
        .output()
        .unwrap();
    let said = String::from_utf8(df.stdout).unwrap();
    let expected: u64 = said.lines().nth(1).unwrap().trim().parse().unwrap();
    let free = folder.free_bytes().unwrap();
    // Others write to the same disk meanwhile.
    assert!(free.abs_diff(expected) < 2_000_000_000, "{free} is not about {expected}");
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = SpoolContents::read(&bytes[..]);
    }

    /// Chunks with right checksums and any content reach the parsers behind the checksum.
    #[test]
    fn no_payload_panics(
        kind in 0u8..6,
        payload in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        let mut bytes = header_chunk(&header());
        let end = bytes.len();
        push_chunk(&mut bytes, kind, |out| out.extend_from_slice(&payload));
        let contents = SpoolContents::read(&bytes[..]).unwrap();
        let taken = contents.lines.len() + contents.tape.len();
        prop_assert_eq!(taken == 0, contents.dropped_bytes == (bytes.len() - end) as u64);
    }
}
