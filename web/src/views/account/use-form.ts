import { useMutation } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";

import { faultOf, type Fault } from "./fault";

/** What stands in the fields of a form, by their names. */
export type Values = (name: string) => string;

interface Wanted {
  /** What is wrong before anybody is asked. */
  check: (values: Values) => Fault | null;
  send: (values: Values) => Promise<void>;
  /** Whether what was typed goes once it was taken. */
  isEmptiedWhenSent?: boolean;
}

/** A form of a few fields. The browser holds what is typed, so that it can fill it in and keep it. */
export function useForm({ check, send, isEmptiedWhenSent = false }: Wanted) {
  const [fault, setFault] = useState<Fault | null>(null);
  const show = (form: HTMLFormElement, fault: Fault | null) => {
    setFault(fault);
    const field = fault?.field === undefined ? null : form.elements.namedItem(fault.field);
    if (field instanceof HTMLElement) field.focus();
  };
  const sending = useMutation({ mutationFn: send });
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    const values = (name: string) => {
      const value = data.get(name);
      return typeof value === "string" ? value : "";
    };
    const wrong = check(values);
    show(form, wrong);
    if (wrong !== null) return;
    sending.mutate(values, {
      onError: (error) => show(form, faultOf(error)),
      onSuccess: () => {
        if (isEmptiedWhenSent) form.reset();
      },
    });
  };
  return {
    isBusy: sending.isPending,
    isSent: sending.isSuccess,
    /** Goes on the form. Our own words say what is missing, so the browser's stay out. */
    props: { onSubmit, noValidate: true },
    /** What is wrong with a field. */
    errorOf: (name: string) => (fault?.field === name ? fault.text : undefined),
    /** What is wrong, where it is about none of the fields that the form has. */
    faultBeside: (...names: string[]) => (fault === null || (fault.field !== undefined && names.includes(fault.field)) ? null : fault.text),
  };
}
