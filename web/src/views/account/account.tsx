import { useQueryClient } from "@tanstack/react-query";
import { useId, useState, type ReactNode } from "react";

import { answered, api } from "../../api/client";
import { meQuery } from "../../api/queries";
import { useMe } from "../../shell/session";
import { useSignOut } from "../../shell/sign-out";
import { applyTheme, THEMES, useTheme } from "../../shell/theme";
import { strings } from "../../strings";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { TextField } from "../../ui/field";
import { PageHeading } from "../../ui/heading";
import { Notice } from "../../ui/notice";
import { tell } from "../../ui/states";
import { all, filled, newPassword, passwordTyped } from "./checks";
import { PasswordField } from "./password-field";
import { useForm } from "./use-form";

/** What somebody sees and changes of themself. */
export default function Account() {
  const words = strings.account.own;
  return (
    <div className="flex flex-col gap-6">
      <PageHeading title={words.title} />
      <div className="divide-y divide-line rounded-lg border border-line bg-surface">
        <Profile />
        <Password />
        <Appearance />
        <Sessions />
      </div>
    </div>
  );
}

function Section({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="grid gap-4 p-5 sm:p-6 md:grid-cols-[16rem_1fr] md:gap-8">
      <div>
        <h2 id={id} className="font-semibold">
          {title}
        </h2>
        {text && <p className="mt-1 text-sm text-ink-soft">{text}</p>}
      </div>
      <div className="max-w-md">{children}</div>
    </section>
  );
}

function Profile() {
  const words = strings.account.own;
  const me = useMe();
  const queries = useQueryClient();
  const form = useForm({
    check: filled("name", strings.account.missing.name),
    send: async (values) => {
      const { me } = await answered(api.PATCH("/api/me", { body: { name: values("name") } }));
      queries.setQueryData(meQuery.queryKey, me);
    },
  });
  const fault = form.faultBeside("name");
  const facts: [string, string][] = [
    [strings.account.email, me.email],
    [words.org, me.org.name],
    [words.role, words.roles[me.role]],
    [words.teams, me.teams.map((team) => (team.leads ? words.leads(team.name) : team.name)).join(", ") || words.noTeams],
  ];
  return (
    <Section title={words.profile} text={words.profileText}>
      <form {...form.props} className="flex flex-col gap-4">
        {fault !== null && <Notice tone="bad">{fault}</Notice>}
        {form.isSent && <Notice tone="good">{words.nameSaved}</Notice>}
        <TextField name="name" label={strings.account.name} autoComplete="name" defaultValue={me.name} maxLength={200} required error={form.errorOf("name")} />
        <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-2 text-sm">
          {facts.map(([label, value]) => (
            <div key={label} className="col-span-2 grid grid-cols-subgrid">
              <dt className="text-ink-soft">{label}</dt>
              <dd className="min-w-0 break-words">{value}</dd>
            </div>
          ))}
        </dl>
        <Button type="submit" className="self-start" isBusy={form.isBusy}>
          {words.saveName}
        </Button>
      </form>
    </Section>
  );
}

function Password() {
  const { own: words, password } = strings.account;
  const me = useMe();
  const form = useForm({
    check: all(passwordTyped("current_password"), newPassword("new_password")),
    send: async (values) => {
      const body = { current_password: values("current_password"), new_password: values("new_password") };
      await answered(api.POST("/api/auth/password", { body }));
    },
    isEmptiedWhenSent: true,
  });
  const fault = form.faultBeside("current_password", "new_password");
  return (
    <Section title={words.password} text={words.passwordText}>
      <form {...form.props} className="flex flex-col gap-4">
        {fault !== null && <Notice tone="bad">{fault}</Notice>}
        {form.isSent && <Notice tone="good">{words.passwordSaved}</Notice>}
        {/* Tells a password manager whose password this is. */}
        <input type="email" name="email" autoComplete="username" defaultValue={me.email} hidden />
        <PasswordField name="current_password" label={password.current} kind="current" error={form.errorOf("current_password")} />
        <PasswordField name="new_password" label={password.new} kind="new" error={form.errorOf("new_password")} />
        <Button type="submit" className="self-start" isBusy={form.isBusy}>
          {words.savePassword}
        </Button>
      </form>
    </Section>
  );
}

function Appearance() {
  const words = strings.shell.theme;
  const theme = useTheme();
  return (
    <Section title={words.label} text={strings.account.own.appearanceText}>
      <fieldset className="flex flex-wrap gap-x-6">
        <legend className="sr-only">{words.label}</legend>
        {THEMES.map((value) => (
          <label key={value} className="flex min-h-11 cursor-pointer items-center gap-2.5 text-sm sm:min-h-9">
            <input type="radio" name="theme" className="size-4 accent-accent" checked={theme === value} onChange={() => applyTheme(value)} />
            {words[value]}
          </label>
        ))}
      </fieldset>
    </Section>
  );
}

function Sessions() {
  const words = strings.account.own;
  const [isAsking, setIsAsking] = useState(false);
  const leaving = useSignOut("everywhere");
  const actions = (
    <>
      <Button onClick={() => setIsAsking(false)}>{strings.common.cancel}</Button>
      <Button look="danger" isBusy={leaving.isPending} onClick={() => leaving.mutate()}>
        {words.signOutEverywhere}
      </Button>
    </>
  );
  return (
    <Section title={words.sessions} text={words.sessionsText}>
      <Button onClick={() => setIsAsking(true)}>{words.signOutEverywhere}</Button>
      <Dialog isOpen={isAsking} onOpenChange={setIsAsking} title={words.askEverywhere} text={words.askEverywhereText} actions={actions}>
        {leaving.isError && <Notice tone="bad">{tell(leaving.error)}</Notice>}
      </Dialog>
    </Section>
  );
}
