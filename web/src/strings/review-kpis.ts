/** What a number is called, and how it is computed, in short; docs/KPI.md has it in full. */
export interface KpiWords {
  label: string;
  formula: string;
}

const ofSide = (side: "rep" | "persona"): Record<string, KpiWords> => {
  const [who, other] = side === "rep" ? ["the rep", "the buyer"] : ["the buyer", "the rep"];
  return {
    [`${side}.talk_ms`]: { label: "Talk", formula: `How long ${who} spoke in all. Pauses of up to 1.8 s between two words count as talk.` },
    [`${side}.tokens`]: { label: "Words", formula: `Runs of text without a space in all that ${who} said.` },
    [`${side}.wpm`]: { label: "Pace", formula: `Words of ${who} per minute of their talk, from 20 words and 10 s of talk on.` },
    [`${side}.longest_monologue_ms`]: {
      label: "Longest monologue",
      formula: `The longest that ${who} talked on. Only a short “mhm” of the other side does not end it; pauses inside it count.`,
    },
    [`${side}.monologues.count`]: { label: "Long monologues", formula: "Monologues that lasted 60 s or more." },
    [`${side}.interruptions.count`]: {
      label: "Interruptions",
      formula: `How often ${who} began while ${other} had been speaking for 1 s or more, for at least 0.5 s or until the other stopped. An “mhm” is none.`,
    },
    [`${side}.interruptions.raw`]: { label: "Overlaps begun", formula: `How often ${who} began while ${other} still spoke, however short.` },
    [`${side}.backchannels.count`]: {
      label: "Listening words",
      formula: "Short words that show listening, such as “mhm” or “got it”: at most 3 words and 1 s, while or right after the other side speaks.",
    },
    [`${side}.response_ms.median`]: {
      label: "Answers after",
      formula: `From the end of the other side’s turn to the start of ${who}’s: the middle value. Answers that began before the end are left out.`,
    },
    [`${side}.response_ms.p90`]: { label: "Slow answers after", formula: "The same time; 9 of 10 answers came within it." },
    [`${side}.response_overlaps`]: { label: "Answers before the end", formula: `How often ${who} answered before the other side’s turn had ended.` },
  };
};

export const kpis: Partial<Record<string, KpiWords>> = {
  "call.talk_listen.rep_share": { label: "Talk share", formula: "The rep’s talk, divided by the talk of both sides added up." },
  "call.interactivity_per_min": { label: "Changes of speaker per minute", formula: "Turns less one, per minute of the call." },
  "call.speaker_switches": { label: "Changes of speaker", formula: "Turns less one. A turn is all that one side says until the other does; an “mhm” is none." },
  "call.silence_share": { label: "Share of silence", formula: "Silences longer than 3 s, added up, divided by the length of the call." },
  "call.silence_ms": { label: "Silence", formula: "Gaps in the speech of both that are longer than 3 s, added up." },
  "call.overlap_share_of_speech": { label: "Share of overlap", formula: "The time in which both spoke, divided by the time in which anybody did." },
  "call.overlap_ms": { label: "Overlap", formula: "The time in which both spoke at once." },
  "call.speech_ms": { label: "Speech", formula: "The time in which anybody spoke." },
  "call.lead_in_ms": { label: "Before the first word", formula: "From the beginning of the call to the first speech." },
  "call.tail_ms": { label: "After the last word", formula: "From the last speech to the end of the call." },
  "call.duration_ms": { label: "Length", formula: "From the moment when sound could go both ways to the end of the call." },
  ...ofSide("rep"),
  ...ofSide("persona"),
  "rep.questions.total": { label: "Questions", formula: "Sentences that ask. Greetings and tags such as “right?” are none." },
  "rep.questions.open": { label: "Open questions", formula: "Questions that begin with what, why or how, or that invite to tell, and that name no choice with “or”." },
  "rep.questions.closed": { label: "Closed questions", formula: "Questions that are not open." },
  "rep.questions.per_10_min": { label: "Questions per 10 minutes", formula: "Questions, per 10 minutes of the call." },
  "rep.fillers.count": { label: "Fillers", formula: "“Um”, “uh” and their like anywhere; “like”, “you know”, “so” and their like where commas set them off." },
  "rep.fillers.per_min": { label: "Fillers per minute", formula: "Fillers, per minute of the rep’s talk." },
  "rep.hedges.count": { label: "Hedges", formula: "Words that take certainty away, such as “maybe”, “probably” or “I think”." },
  "rep.hedges.per_100_words": { label: "Hedges per 100 words", formula: "Hedges, per 100 words of the rep." },
};
