import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { answered, api } from "../../api/client";
import { setUpQuery } from "../../api/queries";
import { strings } from "../../strings";
import { Button } from "../../ui/button";
import { TextField } from "../../ui/field";
import { Notice } from "../../ui/notice";
import { Failed, Loading, Skeleton } from "../../ui/states";
import { all, emailFilled, filled, newPassword } from "./checks";
import { useEnter } from "./enter";
import { Frame, LINK } from "./frame";
import { PasswordField } from "./password-field";
import { useForm } from "./use-form";

/** Where the first org is made, with its admin. */
export default function SetUp() {
  const words = strings.account.setUp;
  const setUp = useQuery(setUpQuery);
  const isFirst = setUp.data?.is_first === true;
  const footer = (
    <Link to="/sign-in" className={LINK}>
      {strings.account.toSignIn}
    </Link>
  );
  return (
    <Frame title={words.title} {...(setUp.data?.is_open === true ? { text: words.text } : {})} footer={isFirst ? undefined : footer}>
      {setUp.isPending && (
        <Loading>
          <Skeleton className="h-80 w-full" />
        </Loading>
      )}
      {setUp.isError && <Failed error={setUp.error} onRetry={() => void setUp.refetch()} />}
      {setUp.data?.is_open === false && <Notice>{strings.account.faults.signUpClosed}</Notice>}
      {setUp.data?.is_open === true && <Form />}
    </Frame>
  );
}

function Form() {
  const { missing, email, name, setUp: words } = strings.account;
  const enter = useEnter();
  const form = useForm({
    check: all(filled("org_name", missing.org), filled("name", missing.name), emailFilled, newPassword("password")),
    send: async (values) => {
      const body = { org_name: values("org_name"), name: values("name"), email: values("email"), password: values("password") };
      const { session } = await answered(api.POST("/api/auth/setup", { body }));
      enter(session.user, "/");
    },
  });
  const fault = form.faultBeside("org_name", "name", "email", "password");
  return (
    <form {...form.props} className="flex flex-col gap-4">
      {fault !== null && <Notice tone="bad">{fault}</Notice>}
      <TextField name="org_name" label={words.org} hint={words.orgHint} autoComplete="organization" maxLength={200} required error={form.errorOf("org_name")} />
      <TextField name="name" label={name} autoComplete="name" maxLength={200} required error={form.errorOf("name")} />
      <TextField name="email" label={email} type="email" autoComplete="username" autoCapitalize="none" spellCheck={false} required error={form.errorOf("email")} />
      <PasswordField name="password" kind="new" error={form.errorOf("password")} />
      <Button type="submit" look="primary" className="w-full" isBusy={form.isBusy}>
        {words.action}
      </Button>
    </form>
  );
}
