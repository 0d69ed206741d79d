import { Link, useLocation } from "react-router";

import { answered, api } from "../../api/client";
import { strings } from "../../strings";
import { Button } from "../../ui/button";
import { Notice } from "../../ui/notice";
import { newPassword } from "./checks";
import { Frame } from "./frame";
import { linkToken } from "./link-token";
import { PasswordField } from "./password-field";
import { useForm } from "./use-form";

/** Where the link leads that came to somebody who forgot their password. */
export default function ResetPassword() {
  const words = strings.account.reset;
  const token = linkToken(useLocation().hash);
  const form = useForm({
    check: newPassword("password"),
    send: async (values) => {
      await answered(api.POST("/api/auth/password_reset/confirm", { body: { token: token ?? "", password: values("password") } }));
    },
  });
  const signIn = (
    <Button asChild look="primary">
      <Link to="/sign-in">{strings.account.toSignIn}</Link>
    </Button>
  );
  if (token === null) {
    return (
      <Frame title={words.title}>
        <Notice tone="bad">{strings.account.faults.cutLink}</Notice>
        {signIn}
      </Frame>
    );
  }
  if (form.isSent) {
    return (
      <Frame title={words.title}>
        <Notice tone="good">{words.done}</Notice>
        {signIn}
      </Frame>
    );
  }
  const fault = form.faultBeside("password");
  return (
    <Frame title={words.title} text={words.text}>
      <form {...form.props} className="flex flex-col gap-4">
        {fault !== null && <Notice tone="bad">{fault}</Notice>}
        <PasswordField name="password" label={strings.account.password.new} kind="new" error={form.errorOf("password")} />
        <Button type="submit" look="primary" className="w-full" isBusy={form.isBusy}>
          {words.action}
        </Button>
      </form>
    </Frame>
  );
}
