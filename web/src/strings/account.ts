const plural = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;

/** How long to wait: "3 seconds", "14 minutes". */
function wait(seconds: number | undefined): string {
  if (seconds === undefined) return "a minute";
  return seconds < 60 ? plural(Math.max(1, seconds), "second", "seconds") : plural(Math.ceil(seconds / 60), "minute", "minutes");
}

export const account = {
  email: "Email",
  name: "Your name",
  toSignIn: "Go to sign-in",
  signIn: {
    title: "Sign in",
    text: "Practise calls, and see what happened in them.",
    action: "Sign in",
    forgot: "Forgot your password?",
    first: "Not in an org yet?",
    setUp: "Make one",
    asked: "Sign in to see that page.",
  },
  forgot: {
    title: "Set a new password",
    text: "We send you a link with which you choose a new one.",
    action: "Send the link",
    again: "Send it again",
    sent: "If somebody has this address, a link is on its way. It is good for one hour. Look among the spam as well.",
    back: "Back to sign-in",
  },
  reset: {
    title: "Choose a new password",
    text: "You are signed out everywhere when it is set.",
    action: "Set the password",
    done: "Your new password is set. Sign in with it.",
  },
  setUp: {
    title: "Set up Ringcraft",
    text: "Make your org and the account that runs it. You invite the others from there.",
    org: "Name of your org",
    orgHint: "Your company or branch, as people there call it.",
    action: "Set up",
  },
  invitation: {
    title: "Your invitation",
    from: (org: string) => `${org} invites you`,
    text: "Choose a password, and you are in.",
    askAgain: "Ask whoever invited you for a new one. If you came in before, sign in.",
    action: "Join",
  },
  own: {
    title: "Account",
    profile: "You",
    profileText: "Your name is what your team sees. An admin changes the rest.",
    org: "Org",
    role: "Role",
    roles: {
      rep: "Rep",
      manager: "Manager",
      hr: "HR",
      admin: "Admin",
      superadmin: "Superadmin",
    },
    teams: "Teams",
    noTeams: "None",
    leads: (team: string) => `${team} (you lead it)`,
    saveName: "Save the name",
    nameSaved: "Your name is saved.",
    password: "Password",
    passwordText: "With a new one you are signed out everywhere else.",
    savePassword: "Change the password",
    passwordSaved: "Your password is changed. You are signed out everywhere else.",
    appearanceText: "On this device.",
    sessions: "Signed in elsewhere",
    sessionsText: "A lost phone, a shared computer: end every session at once.",
    signOutEverywhere: "Sign out everywhere",
    askEverywhere: "Sign out everywhere?",
    askEverywhereText: "You are signed out on every device, this one too. Calls that run go on.",
  },
  password: {
    label: "Password",
    new: "New password",
    current: "Current password",
    rule: "At least 8 characters. A few words in a row are long and easy to keep in mind.",
    show: "Show the password",
    hide: "Hide the password",
    missing: "Fill in your password.",
    tooShort: (missing: number) =>
      `${plural(missing, "more character", "more characters")}, please: a password has at least 8.`,
    tooLong: (most: number) => `A password has at most ${most} characters.`,
  },
  missing: { email: "Fill in your e-mail address.", name: "Fill in a name.", org: "Fill in a name for the org." },
  faults: {
    wrongCredentials: "The e-mail address or the password is wrong.",
    locked: (seconds: number | undefined) =>
      `Too many wrong passwords for this address. Try again in ${wait(seconds)}, or set a new password.`,
    tooMany: (seconds: number | undefined) => `That was too often. Try again in ${wait(seconds)}.`,
    notNow: "The server cannot do this right now. Try again in a moment.",
    spentLink: "This link is not good any more: it was used, is too old, or a newer one took its place.",
    cutLink: "A part of this link is missing. Open it from the mail once more, or copy it whole.",
    signUpClosed: "This server is set up already. Ask an admin of your org for an invitation.",
    wrongPassword: "This is not your current password.",
  },
};
