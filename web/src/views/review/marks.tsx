import { CircleCheck, CircleHelp, Ellipsis, Flag, Lightbulb, MessagesSquare, Scissors, type LucideIcon } from "lucide-react";
import { memo } from "react";

import { formatClock } from "../../format";
import { strings } from "../../strings";
import { classes } from "../../ui/classes";
import type { Marker, MarkerKind } from "./markers";
import type { Names } from "./outcome";
import { nameOf, useReviewing } from "./reviewing";
import { formatLength, formatTag } from "./units";

const ICONS: Record<MarkerKind, LucideIcon> = {
  cut: Scissors,
  interruption: MessagesSquare,
  silence: Ellipsis,
  objection_raised: CircleHelp,
  objection_satisfied: CircleCheck,
  fact_revealed: Lightbulb,
  goal_reached: Flag,
};

/** What a marker says. */
export function labelOf(marker: Marker, names: Names): string {
  const words = strings.review.markers;
  switch (marker.kind) {
    case "cut":
    case "interruption":
      return words[marker.kind](nameOf(marker.speaker, names));
    case "silence":
      return words.silence(formatLength(marker.to_ms - marker.at_ms));
    default:
      return words[marker.kind](formatTag(marker.tag));
  }
}

/** The shape of a kind of marker, in the colour of whose doing it is. */
export function MarkerIcon({ marker, className }: { marker: Marker; className?: string }) {
  const Icon = ICONS[marker.kind];
  const isRep = marker.kind === "objection_satisfied" || marker.kind === "goal_reached" || ("speaker" in marker && marker.speaker === "rep");
  const colour = marker.kind === "silence" ? "text-ink-faint" : isRep ? "text-rep" : "text-persona";
  return <Icon aria-hidden className={classes("size-3.5", colour, className)} />;
}

/**
 * The markers above the lanes. They are for the mouse: keys go from one to the next, and the moments beside the transcript
 * list them all.
 */
export const MarkerStrip = memo(function MarkerStrip() {
  const { markers, playback, reviewed, seek } = useReviewing();
  return (
    <div dir="ltr" aria-hidden className="relative h-4 overflow-hidden">
      {markers.map((marker) => (
        <button
          key={marker.id}
          type="button"
          tabIndex={-1}
          title={`${formatClock(marker.at_ms)} ${labelOf(marker, reviewed.names)}`}
          style={{ insetInlineStart: `clamp(0px, calc(${(100 * marker.at_ms) / playback.durationMs}% - 7px), calc(100% - 14px))` }}
          className="absolute top-px rounded-sm hover:bg-hover"
          onClick={() => seek(marker.at_ms)}
        >
          <MarkerIcon marker={marker} />
        </button>
      ))}
    </div>
  );
});
