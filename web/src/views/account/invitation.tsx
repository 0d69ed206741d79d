import { useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "react-router";

import { answered, api, Refused, type Api } from "../../api/client";
import { strings } from "../../strings";
import { Button } from "../../ui/button";
import { TextField } from "../../ui/field";
import { Notice } from "../../ui/notice";
import { Failed, Loading, Skeleton } from "../../ui/states";
import { all, filled, newPassword } from "./checks";
import { useEnter } from "./enter";
import { faultOf } from "./fault";
import { Frame, LINK } from "./frame";
import { linkToken } from "./link-token";
import { PasswordField } from "./password-field";
import { useForm } from "./use-form";

/** Where the link leads that came to somebody who was invited. */
export default function Invitation() {
  const words = strings.account.invitation;
  const token = linkToken(useLocation().hash);
  const invitation = useQuery({
    queryKey: ["invitation", token],
    queryFn: async ({ signal }) => {
      const params = { query: { token: token ?? "" } };
      return (await answered(api.GET("/api/auth/invitation", { params, signal }))).invitation;
    },
    enabled: token !== null,
    staleTime: Infinity,
  });
  const footer = (
    <Link to="/sign-in" className={LINK}>
      {strings.account.toSignIn}
    </Link>
  );
  const isSpent = invitation.error instanceof Refused && invitation.error.code === "invalid_link";
  const { data } = invitation;
  return (
    <Frame title={data === undefined ? words.title : words.from(data.org_name)} {...(data === undefined ? {} : { text: words.text })} footer={footer}>
      {token === null && <Notice tone="bad">{strings.account.faults.cutLink}</Notice>}
      {token !== null && invitation.isPending && (
        <Loading>
          <Skeleton className="h-72 w-full" />
        </Loading>
      )}
      {isSpent && (
        <Notice tone="bad">
          {faultOf(invitation.error).text} {words.askAgain}
        </Notice>
      )}
      {invitation.isError && !isSpent && <Failed error={invitation.error} onRetry={() => void invitation.refetch()} />}
      {token !== null && data !== undefined && <Form token={token} invitation={data} />}
    </Frame>
  );
}

function Form({ token, invitation }: { token: string; invitation: Api<"InvitationShown"> }) {
  const { missing, email, name, invitation: words } = strings.account;
  const enter = useEnter();
  const form = useForm({
    check: all(filled("name", missing.name), newPassword("password")),
    send: async (values) => {
      const body = { token, name: values("name"), password: values("password") };
      const { session } = await answered(api.POST("/api/auth/invitation/accept", { body }));
      enter(session.user, "/");
    },
  });
  const fault = form.faultBeside("name", "password");
  return (
    <form {...form.props} className="flex flex-col gap-4">
      {fault !== null && <Notice tone="bad">{fault}</Notice>}
      <TextField name="email" label={email} type="email" autoComplete="username" value={invitation.email} readOnly className="bg-sunken" />
      <TextField name="name" label={name} autoComplete="name" defaultValue={invitation.name} maxLength={200} required error={form.errorOf("name")} />
      <PasswordField name="password" kind="new" error={form.errorOf("password")} />
      <Button type="submit" look="primary" className="w-full" isBusy={form.isBusy}>
        {words.action}
      </Button>
    </form>
  );
}
