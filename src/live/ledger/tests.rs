use super::*;

fn page(now: Instant) -> Page {
    Page { org: OrgId::new(), connected: None, chunks: Vec::new(), since: now, ended: None }
}

#[test]
fn lines_wait_for_company_and_a_hole_begins_a_new_chunk() {
    let now = clock::now();
    let mut page = page(now);
    assert_eq!(page.add_lines(0, "a\nbb", now), 5);
    assert_eq!(page.add_lines(2, "c", now + Duration::from_secs(3)), 2);
    assert_eq!(page.due_at(), now + CHUNK_WITHIN, "counted from the first line");
    let Some(Step::Chunk(first)) = page.first_step() else { panic!("no chunk") };
    assert_eq!((first.first_line, first.line_count, first.lines.as_str()), (0, 3, "a\nbb\nc\n"));
    // Line 3 was dropped.
    page.add_lines(4, "e", now + Duration::from_secs(4));
    assert_eq!(page.chunks.len(), 2);
    assert!(page.due_at() <= now + Duration::from_secs(4), "a chunk that is closed is due");
}

#[test]
fn what_joined_a_chunk_while_it_was_written_is_written_next() {
    let now = clock::now();
    let mut page = page(now);
    page.add_lines(0, "a", now);
    let Some(Step::Chunk(written)) = page.first_step() else { panic!("no chunk") };
    page.add_lines(1, "b", now);
    assert_eq!(page.drop_written(&written), 2);
    let Some(Step::Chunk(next)) = page.first_step() else { panic!("no chunk") };
    assert_eq!((next.first_line, next.line_count, next.lines.as_str()), (1, 1, "b\n"));
    assert_eq!(page.drop_written(&next), 2);
    assert!(page.is_empty());
}

#[test]
fn a_full_chunk_is_due_at_once() {
    let now = clock::now();
    let mut page = page(now);
    page.add_lines(0, &"x".repeat(CHUNK_BYTES), now);
    assert_eq!(page.due_at(), now);
    page.add_lines(1, "next", now);
    assert_eq!(page.chunks.len(), 2, "it takes no more");
}
