import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";

import { strings } from "../../strings";
import { IconButton } from "../../ui/button";
import { TextField } from "../../ui/field";

interface Props {
  name: string;
  label?: string;
  /** Whether it is chosen now, so that a password manager offers one, or typed again. */
  kind: "new" | "current";
  error: string | undefined;
}

/** A password to type, which can be looked at: that beats typing it twice. */
export function PasswordField({ name, label = strings.account.password.label, kind, error }: Props) {
  const words = strings.account.password;
  const [isShown, setIsShown] = useState(false);
  return (
    <div className="relative">
      <TextField
        name={name}
        label={label}
        type={isShown ? "text" : "password"}
        autoComplete={kind === "new" ? "new-password" : "current-password"}
        autoCapitalize="none"
        spellCheck={false}
        required
        className="pe-12"
        error={error}
        {...(kind === "new" ? { hint: words.rule } : {})}
      />
      <div className="absolute end-0 top-7">
        <IconButton label={isShown ? words.hide : words.show} aria-pressed={isShown} onClick={() => setIsShown(!isShown)}>
          {isShown ? <EyeOff aria-hidden /> : <Eye aria-hidden />}
        </IconButton>
      </div>
    </div>
  );
}
