export const shell = {
  skip: "Skip to the content",
  navigation: "Main",
  practice: "Practice",
  calls: "Your calls",
  team: "Team calls",
  menu: (name: string) => `${name}: account and settings`,
  account: "Account",
  signOut: "Sign out",
  theme: { label: "Appearance", system: "As the system", light: "Light", dark: "Dark" },
};
