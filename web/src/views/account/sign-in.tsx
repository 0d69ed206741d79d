import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, Navigate, useSearchParams } from "react-router";

import { answered, api } from "../../api/client";
import { meQuery, setUpQuery } from "../../api/queries";
import { strings } from "../../strings";
import { Button } from "../../ui/button";
import { TextField } from "../../ui/field";
import { Notice } from "../../ui/notice";
import { all, emailFilled, passwordTyped } from "./checks";
import { useEnter } from "./enter";
import { Forgot } from "./forgot";
import { Frame, LINK } from "./frame";
import { ownPath } from "./own-path";
import { PasswordField } from "./password-field";
import { useForm } from "./use-form";

/** Where somebody says who they are; from here they go on to where they wanted. */
export default function SignIn() {
  const [search] = useSearchParams();
  const next = ownPath(search.get("next"));
  const [isForgotten, setIsForgotten] = useState(false);
  const { data: me } = useQuery(meQuery);
  const { data: setUp } = useQuery(setUpQuery);
  if (setUp?.is_first === true) return <Navigate to="/setup" replace />;
  if (me) return <Navigate to={next} replace />;
  return isForgotten ? <Forgot onBack={() => setIsForgotten(false)} /> : <Form next={next} isOpen={setUp?.is_open === true} onForgotten={() => setIsForgotten(true)} />;
}

interface FormProps {
  next: string;
  /** Whether people may make orgs of their own here. */
  isOpen: boolean;
  onForgotten: () => void;
}

function Form({ next, isOpen, onForgotten }: FormProps) {
  const words = strings.account;
  const enter = useEnter();
  const form = useForm({
    check: all(emailFilled, passwordTyped("password")),
    send: async (values) => {
      const body = { email: values("email"), password: values("password") };
      const { session } = await answered(api.POST("/api/auth/login", { body }));
      enter(session.user, next);
    },
  });
  const fault = form.faultBeside("email", "password");
  const footer = isOpen && (
    <>
      {words.signIn.first}{" "}
      <Link to="/setup" className={LINK}>
        {words.signIn.setUp}
      </Link>
    </>
  );
  return (
    <Frame title={words.signIn.title} text={next === "/" ? words.signIn.text : words.signIn.asked} footer={footer}>
      <form {...form.props} className="flex flex-col gap-4">
        {fault !== null && <Notice tone="bad">{fault}</Notice>}
        <TextField name="email" label={words.email} type="email" autoComplete="username" inputMode="email" autoCapitalize="none" spellCheck={false} required error={form.errorOf("email")} />
        <PasswordField name="password" kind="current" error={form.errorOf("password")} />
        <Button type="submit" look="primary" className="w-full" isBusy={form.isBusy}>
          {words.signIn.action}
        </Button>
        <button type="button" onClick={onForgotten} className={`${LINK} self-center text-sm`}>
          {words.signIn.forgot}
        </button>
      </form>
    </Frame>
  );
}
