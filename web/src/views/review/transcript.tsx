import { ArrowDownToLine, ChevronDown, ChevronUp, MessageSquareText, Search, X } from "lucide-react";
import { useDeferredValue, useEffect, useMemo, useRef, useState, type KeyboardEvent, type RefObject } from "react";

import { strings } from "../../strings";
import { Button, IconButton } from "../../ui/button";
import { Empty } from "../../ui/states";
import { useScope } from "../../ui/use-scope";
import { find, step, type Hit } from "./find";
import type { Entry } from "./kpis";
import { msAt } from "./line";
import { nameOf, useAtMoment, useFollow, useReviewing } from "./reviewing";
import { utteranceAt } from "./spans";
import { isInView, offsetAt, scrollTo } from "./transcript-places";
import { TranscriptLine } from "./transcript-line";
import { SEARCH_FIELD } from "./use-keys";

const words = strings.review.transcript;
const NO_HITS: readonly Hit[] = [];
const NO_FILLERS: readonly Entry[] = [];

/** Who said what. It goes along with the voice, until somebody scrolls away. */
export function Transcript() {
  const { reviewed, playback } = useReviewing();
  const { utterances, recogniser } = reviewed.record;
  const list = useRef<HTMLOListElement>(null);
  const active = useAtMoment(playback, (ms) => utteranceAt(utterances, ms));
  const { isFollowing, tell } = useFollow();
  const [query, setQuery] = useState("");
  const [place, setPlace] = useState(-1);
  const sought = useDeferredValue(query);
  const hits = useMemo(() => find(utterances, sought), [utterances, sought]);
  const hitsByLine = useMemo(() => byLine(hits), [hits]);
  const fillers = useMemo(() => fillersByUtterance(reviewed.computed?.result.list("rep.fillers.events") ?? []), [reviewed.computed]);
  const current = hits[place] ?? null;

  useFollowing(list, active);
  useListening(list);
  const goTo = (at: number) => {
    setPlace(at);
    tell("found");
    const hit = hits[at];
    if (hit !== undefined) scrollTo(list.current, hit.utterance);
  };
  const look = (text: string) => {
    setQuery(text);
    setPlace(-1);
  };
  if (utterances.length === 0) {
    return (
      <Empty icon={<MessageSquareText aria-hidden />} title={words.empty.title}>
        {words.empty.text}
      </Empty>
    );
  }
  return (
    <section aria-label={words.name} className="flex flex-col gap-2">
      <SearchBar query={query} onQuery={look} hits={hits.length} at={place} onGo={(way) => goTo(step(place, way, hits.length))} />
      {recogniser.name.startsWith("pocketsphinx") && <p className="px-2 text-xs text-ink-soft">{words.offline}</p>}
      <ol ref={list} className="flex flex-col gap-0.5">
        {utterances.map((utterance, index) => {
          const lineHits = hitsByLine.get(index) ?? NO_HITS;
          return (
            <TranscriptLine
              key={utterance.id}
              utterance={utterance}
              index={index}
              speakerName={nameOf(utterance.speaker, reviewed.names)}
              fillers={fillers.get(utterance.id) ?? NO_FILLERS}
              hits={lineHits}
              current={current?.utterance === index ? current : null}
              playback={active === index ? playback : null}
              isStop={index === Math.max(0, active)}
            />
          );
        })}
      </ol>
      {!isFollowing && 0 <= active && <FollowButton onFollow={() => tell("asked")} />}
    </section>
  );
}

function FollowButton({ onFollow }: { onFollow: () => void }) {
  return (
    <div className="pointer-events-none sticky bottom-36 flex justify-center sm:bottom-4">
      <Button className="pointer-events-auto shadow-raised" icon={<ArrowDownToLine aria-hidden className="size-4" />} onClick={onFollow}>
        {words.follow}
      </Button>
    </div>
  );
}

interface SearchProps {
  query: string;
  onQuery: (query: string) => void;
  hits: number;
  at: number;
  onGo: (way: 1 | -1) => void;
}

function SearchBar({ query, onQuery, hits, at, onGo }: SearchProps) {
  const go = (event: KeyboardEvent) => {
    if (event.key === "Escape") onQuery("");
    if (event.key !== "Enter") return;
    event.preventDefault();
    onGo(event.shiftKey ? -1 : 1);
  };
  const isAsked = query.trim() !== "";
  return (
    <div role="search" className="flex items-center gap-1 rounded-md border border-line-strong bg-surface ps-3 focus-within:outline-2 focus-within:outline-offset-2 focus-within:outline-accent">
      <Search aria-hidden className="size-4 shrink-0 text-ink-faint" />
      <input
        id={SEARCH_FIELD}
        type="text"
        enterKeyHint="search"
        value={query}
        aria-label={words.search}
        placeholder={words.search}
        onChange={(event) => onQuery(event.target.value)}
        onKeyDown={go}
        className="min-h-11 min-w-0 flex-1 bg-transparent px-1 text-base text-ink outline-none placeholder:text-ink-faint sm:min-h-9 sm:text-sm"
      />
      <span role="status" className="text-xs whitespace-nowrap text-ink-soft">
        {isAsked && (hits === 0 ? words.noHits : at < 0 ? words.found(hits) : words.hits(at + 1, hits))}
      </span>
      {isAsked && (
        <>
          <IconButton label={words.previous} disabled={hits === 0} onClick={() => onGo(-1)}>
            <ChevronUp aria-hidden />
          </IconButton>
          <IconButton label={words.next} disabled={hits === 0} onClick={() => onGo(1)}>
            <ChevronDown aria-hidden />
          </IconButton>
          <IconButton label={words.clear} onClick={() => onQuery("")}>
            <X aria-hidden />
          </IconButton>
        </>
      )}
    </div>
  );
}

/** Leads along with the voice; whoever scrolls by hand goes their own way. */
function useFollowing(list: RefObject<HTMLOListElement | null>, active: number) {
  const { isFollowing, tell } = useFollow();
  useEffect(() => {
    if (isFollowing && 0 <= active && !isInView(list.current, active)) scrollTo(list.current, active);
  }, [list, active, isFollowing]);
  useScope((scope) => {
    const scrolled = (event: Event) => {
      const isBeside = event.target instanceof Element && event.target.closest("[data-beside]") !== null;
      if (!isBeside && !event.defaultPrevented) tell("scrolled");
    };
    scope.on(window, "wheel", scrolled);
    scope.on(window, "touchmove", scrolled);
    scope.on(window, "keydown", (event) => {
      if (["PageUp", "PageDown", "Home", "End"].includes(event.key)) scrolled(event);
    });
  }, [tell]);
}

/** A press on a time listens from there, one on a word goes there; arrows go from line to line. */
function useListening(list: RefObject<HTMLOListElement | null>) {
  const { reviewed, seek, listen } = useReviewing();
  useScope(
    (scope) => {
      const { current: box } = list;
      if (box === null) return;
      const { utterances } = reviewed.record;
      const lineOf = (target: EventTarget | null) => {
        const line = target instanceof Element ? target.closest<HTMLElement>("[data-line]") : null;
        return line === null ? null : Number(line.dataset["line"]);
      };
      scope.on(box, "click", (event) => {
        const index = lineOf(event.target);
        const utterance = index === null ? undefined : utterances[index];
        if (utterance === undefined || !(event.target instanceof Element)) return;
        if (event.target.closest("[data-listen]") !== null) listen(utterance.start_ms);
        else if (document.getSelection()?.isCollapsed ?? true) seek(msAt(utterance, offsetAt(event) ?? 0));
      });
      scope.on(box, "keydown", (event) => {
        const index = lineOf(event.target);
        const to = index === null ? undefined : { ArrowUp: index - 1, ArrowDown: index + 1 }[event.key];
        const button = to === undefined ? null : box.querySelector<HTMLElement>(`[data-listen="${to}"]`);
        if (button === null) return;
        event.preventDefault();
        button.focus();
      });
    },
    [reviewed.record, seek, listen],
  );
}

function byLine(hits: readonly Hit[]): Map<number, readonly Hit[]> {
  const lines = new Map<number, Hit[]>();
  for (const hit of hits) {
    const line = lines.get(hit.utterance);
    if (line === undefined) lines.set(hit.utterance, [hit]);
    else line.push(hit);
  }
  return lines;
}

function fillersByUtterance(events: readonly Entry[]): Map<string, readonly Entry[]> {
  const byId = new Map<string, Entry[]>();
  for (const event of events) {
    const id = event.text("utterance_id") ?? "";
    byId.set(id, [...(byId.get(id) ?? []), event]);
  }
  return byId;
}
