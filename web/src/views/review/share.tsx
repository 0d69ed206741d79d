import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Copy, Share2 } from "lucide-react";
import { useState } from "react";

import { answered, api, type Api } from "../../api/client";
import { formatAgo, formatDateTime } from "../../format";
import { strings } from "../../strings";
import { Badge } from "../../ui/badge";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { SelectField, TextField } from "../../ui/field";
import { Notice } from "../../ui/notice";
import { Skeleton, tell } from "../../ui/states";
import { sharesQuery } from "./queries";

const words = strings.review.share;

/** How long a link may be good for. */
const DAYS = [1, 7, 30, 90];

/** Links that anybody can open, until they end. */
export function Share({ callId }: { callId: string }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <Button icon={<Share2 aria-hidden className="size-4" />} onClick={() => setIsOpen(true)}>
        {strings.review.actions.share}
      </Button>
      <Dialog isOpen={isOpen} onOpenChange={setIsOpen} title={words.title} text={words.text}>
        <NewLink callId={callId} />
        <Links callId={callId} />
      </Dialog>
    </>
  );
}

function NewLink({ callId }: { callId: string }) {
  const queries = useQueryClient();
  const [days, setDays] = useState(7);
  const make = useMutation({
    mutationFn: async () => {
      const asked = api.POST("/api/calls/{id}/shares", { params: { path: { id: callId } }, body: { expires_in_days: days } });
      return (await answered(asked)).share;
    },
    onSuccess: () => queries.invalidateQueries(sharesQuery(callId)),
  });
  return (
    <div className="flex flex-col gap-3">
      <div className="flex items-end gap-2">
        <div className="flex-1">
          <SelectField label={words.days} value={days} onChange={(event) => setDays(Number(event.target.value))}>
            {DAYS.map((one) => (
              <option key={one} value={one}>
                {words.day(one)}
              </option>
            ))}
          </SelectField>
        </div>
        <Button look="primary" isBusy={make.isPending} onClick={() => make.mutate()}>
          {words.make}
        </Button>
      </div>
      {make.isError && <Notice tone="bad">{tell(make.error)}</Notice>}
      {make.data && <Made key={make.data.id} url={make.data.url} />}
    </div>
  );
}

function Made({ url }: { url: string }) {
  const [isCopied, setIsCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(url);
    setIsCopied(true);
  };
  return (
    <div className="flex items-end gap-2">
      <div className="min-w-0 flex-1">
        <TextField label={words.link} hint={words.once} readOnly value={url} onFocus={(event) => event.target.select()} />
      </div>
      <Button className="mb-7" icon={<Copy aria-hidden className="size-4" />} onClick={() => void copy()}>
        <span role="status">{isCopied ? strings.common.copied : strings.common.copy}</span>
      </Button>
    </div>
  );
}

function Links({ callId }: { callId: string }) {
  const { data, error } = useQuery(sharesQuery(callId));
  return (
    <section className="flex flex-col gap-2">
      <h3 className="text-sm font-semibold">{words.existing}</h3>
      {error !== null && <Notice tone="bad">{tell(error)}</Notice>}
      {data === undefined && error === null && <Skeleton className="h-11" />}
      {data?.length === 0 && <p className="text-sm text-ink-soft">{words.none}</p>}
      <ul className="divide-y divide-line">
        {data?.map((share) => (
          <MadeBefore key={share.id} callId={callId} share={share} />
        ))}
      </ul>
    </section>
  );
}

function MadeBefore({ callId, share }: { callId: string; share: Api<"CallShare"> }) {
  const queries = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => answered(api.DELETE("/api/calls/{id}/shares/{share_id}", { params: { path: { id: callId, share_id: share.id } } })),
    onSuccess: () => queries.invalidateQueries(sharesQuery(callId)),
  });
  const now = new Date();
  const isRevoked = (share.revoked_at ?? null) !== null;
  const isOver = new Date(share.expires_at) <= now;
  const made = formatAgo(share.created_at, now);
  return (
    <li className="flex min-h-12 items-center gap-3 py-1.5 text-sm">
      <div className="min-w-0 flex-1">
        <div>{`${made} ${words.by(share.created_by.name)}`}</div>
        <div className="text-xs text-ink-soft">{`${words.until(formatDateTime(share.expires_at))} · ${words.opened(share.opened, String(share.opened))}`}</div>
        {revoke.isError && <div className="text-xs text-bad">{tell(revoke.error)}</div>}
      </div>
      {isRevoked || isOver ? (
        <Badge>{isRevoked ? words.revoked : words.ended}</Badge>
      ) : (
        <Button look="quiet" isBusy={revoke.isPending} aria-label={words.revokeNamed(made)} onClick={() => revoke.mutate()}>
          {words.revoke}
        </Button>
      )}
    </li>
  );
}
