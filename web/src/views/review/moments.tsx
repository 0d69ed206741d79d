import { Flag } from "lucide-react";

import { strings } from "../../strings";
import { Empty } from "../../ui/states";
import { labelOf, MarkerIcon } from "./marks";
import { MomentList } from "./moment-list";
import { useReviewing } from "./reviewing";

const words = strings.review.moments;

/** All that is marked on the timeline, as a list. */
export function Moments() {
  const { markers, reviewed } = useReviewing();
  if (markers.length === 0) {
    return (
      <Empty icon={<Flag aria-hidden />} title={words.empty.title}>
        {words.empty.text}
      </Empty>
    );
  }
  const moments = markers.map((marker) => ({
    key: marker.id,
    at_ms: marker.at_ms,
    icon: <MarkerIcon marker={marker} className="size-4 shrink-0" />,
    text: labelOf(marker, reviewed.names),
  }));
  return (
    <div className="flex flex-col gap-2">
      <p className="px-2 text-sm text-ink-soft">{words.caption}</p>
      <MomentList moments={moments} first={60} />
    </div>
  );
}
