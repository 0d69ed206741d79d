import { answered, api } from "../../api/client";
import { strings } from "../../strings";
import { Button } from "../../ui/button";
import { TextField } from "../../ui/field";
import { Notice } from "../../ui/notice";
import { emailFilled } from "./checks";
import { Frame } from "./frame";
import { useForm } from "./use-form";

/** Asks for a link to set a new password. Says the same whether somebody has the address or not. */
export function Forgot({ onBack }: { onBack: () => void }) {
  const words = strings.account;
  const form = useForm({
    check: emailFilled,
    send: async (values) => {
      await answered(api.POST("/api/auth/password_reset", { body: { email: values("email") } }));
    },
  });
  const fault = form.faultBeside("email");
  return (
    <Frame title={words.forgot.title} text={words.forgot.text}>
      <form {...form.props} className="flex flex-col gap-4">
        {fault !== null && <Notice tone="bad">{fault}</Notice>}
        {form.isSent && <Notice tone="good">{words.forgot.sent}</Notice>}
        <TextField name="email" label={words.email} type="email" autoComplete="username" inputMode="email" autoCapitalize="none" spellCheck={false} required error={form.errorOf("email")} />
        <Button type="submit" look={form.isSent ? "plain" : "primary"} className="w-full" isBusy={form.isBusy}>
          {form.isSent ? words.forgot.again : words.forgot.action}
        </Button>
        <Button look="quiet" onClick={onBack}>
          {words.forgot.back}
        </Button>
      </form>
    </Frame>
  );
}
