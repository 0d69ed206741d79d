export const shell = {
  skip: "Skip to the content",
  navigation: "Main",
  back: "Back",
  practice: "Practice",
  calls: "Your calls",
  team: "Team calls",
  /** What is seen comes first: whoever speaks to their computer says that. */
  menu: (initials: string, name: string) => `${initials}: account and settings of ${name}`,
  account: "Account",
  signOut: "Sign out",
  stillIn: (why: string) => `You are still signed in. ${why}`,
  theme: { label: "Appearance", system: "As the system", light: "Light", dark: "Dark" },
  offline: "You are offline. What you see may be old.",
  unreachable: "The server cannot be reached. Trying again…",
  notForYou: {
    title: "This is not for your role",
    text: "Managers see the calls of their team, and HR sees that calls were held. Ask an admin if you need more.",
    action: "Go to your start",
  },
};
