import { Refused, Unreachable } from "../../api/client";
import { strings } from "../../strings";
import { tell } from "../../ui/states";

/** What is wrong with a form that was sent: a sentence, and the field it is about where there is one. */
export interface Fault {
  field: string | undefined;
  text: string;
}

/** What to say of a form that the server did not take. */
export function faultOf(error: unknown): Fault {
  const words = strings.account.faults;
  if (error instanceof Unreachable) return { field: undefined, text: strings.common.unreachable };
  if (!(error instanceof Refused)) return { field: undefined, text: tell(error) };
  const { field } = error;
  switch (error.code) {
    case "wrong_credentials":
      return { field: undefined, text: words.wrongCredentials };
    case "too_many_attempts":
      return { field: undefined, text: words.locked(error.retryAfterS) };
    case "too_many_requests":
      return { field: undefined, text: words.tooMany(error.retryAfterS) };
    case "busy":
    case "database_unavailable":
    case "shutting_down":
      return { field: undefined, text: words.notNow };
    case "invalid_link":
      return { field: undefined, text: words.spentLink };
    case "sign_up_closed":
      return { field: undefined, text: words.signUpClosed };
    case "wrong_password":
      return { field, text: words.wrongPassword };
    default:
      return { field, text: tell(error) };
  }
}
