import { Download } from "lucide-react";
import { DropdownMenu } from "radix-ui";

import { strings } from "../../strings";
import { Button } from "../../ui/button";
import { csvOf } from "./csv";
import { useReviewing } from "./reviewing";

const words = strings.review.actions;

/** Where the files of a review come from. */
export interface Files {
  /** What their names begin with. */
  name: string;
  opus: string;
  wav: string;
  /** Null where they are not to be had, as by a link. */
  txt: string | null;
  vtt: string | null;
  /** Where it is, or what it holds. */
  record: { href: string } | { text: () => string };
}

/** Everything of the call, as files. */
export function Downloads({ files }: { files: Files }) {
  const { computed } = useReviewing().reviewed;
  const item = "flex min-h-11 w-full items-center rounded-sm px-3 text-start text-sm outline-none select-none data-highlighted:bg-hover sm:min-h-9";
  const links: [string, string | null, string][] = [
    [words.wav, files.wav, "wav"],
    [words.opus, files.opus, "opus"],
    [words.txt, files.txt, "txt"],
    [words.vtt, files.vtt, "vtt"],
    [words.record, "href" in files.record ? files.record.href : null, "json"],
  ];
  const { record, name } = files;
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>
        <Button icon={<Download aria-hidden className="size-4" />}>{words.download}</Button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align="end" sideOffset={6} className="z-50 min-w-52 rounded-md border border-line bg-raised p-1 shadow-raised">
          {links.map(
            ([label, href, ending]) =>
              href !== null && (
                <DropdownMenu.Item key={ending} asChild className={item}>
                  <a href={href} download={`${name}.${ending}`}>
                    {label}
                  </a>
                </DropdownMenu.Item>
              ),
          )}
          {"text" in record && (
            <DropdownMenu.Item className={item} onSelect={() => save(record.text(), "application/json", `${name}.json`)}>
              {words.record}
            </DropdownMenu.Item>
          )}
          {computed !== null && (
            <DropdownMenu.Item className={item} onSelect={() => save(csvOf(computed.result), "text/csv", `${name}.csv`)}>
              {words.csv}
            </DropdownMenu.Item>
          )}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function save(text: string, type: string, name: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
