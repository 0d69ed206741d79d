import { SendHorizontal } from "lucide-react";
import { useState, type Ref } from "react";

import { SAY_MAX_CHARS } from "../../protocol/messages";
import { strings } from "../../strings";
import { IconButton } from "../../ui/button";
import { TextField } from "../../ui/field";

interface Props {
  fieldRef: Ref<HTMLInputElement>;
  isEnabled: boolean;
  onSay: (text: string) => void;
}

/** A turn that is typed instead of spoken. */
export function Typing({ fieldRef, isEnabled, onSay }: Props) {
  const [text, setText] = useState("");
  const turn = text.trim();
  const say = () => {
    if (turn === "" || !isEnabled) return;
    onSay(turn);
    setText("");
  };
  return (
    <form
      className="mx-auto flex w-full max-w-xl items-end gap-2 px-4"
      onSubmit={(event) => {
        event.preventDefault();
        say();
      }}
    >
      <div className="flex-1">
        <TextField
          ref={fieldRef}
          label={strings.call.typeLabel}
          isLabelHidden
          placeholder={strings.call.typePlaceholder}
          value={text}
          maxLength={SAY_MAX_CHARS}
          autoComplete="off"
          enterKeyHint="send"
          onChange={({ target }) => setText(target.value)}
        />
      </div>
      <IconButton type="submit" look="primary" label={strings.call.send} disabled={turn === "" || !isEnabled}>
        <SendHorizontal aria-hidden className="rtl:-scale-x-100" />
      </IconButton>
    </form>
  );
}
