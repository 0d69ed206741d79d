import js from "@eslint/js";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import typescript from "typescript-eslint";

/** What has to be given back belongs to a `Scope`; taken raw, it outlives the view that took it. */
const RAW = [
  ["setTimeout", "scope.after()"],
  ["setInterval", "scope.every()"],
  ["requestAnimationFrame", "scope.eachFrame()"],
];

const rawGlobals = RAW.map(([name, instead]) => ({ name, message: `Use ${instead} of a Scope.` }));

const rawMembers = [
  { selector: "CallExpression[callee.property.name='addEventListener']", message: "Use scope.on()." },
  ...RAW.map(([name, instead]) => ({
    selector: `CallExpression[callee.property.name='${name}']`,
    message: `Use ${instead} of a Scope.`,
  })),
];

export default typescript.config(
  { ignores: ["dist", "e2e", "src/api/schema.d.ts"] },
  js.configs.recommended,
  ...typescript.configs.strictTypeChecked,
  a11y.flatConfigs.strict,
  hooks.configs.flat.recommended,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ["eslint.config.js"] } } },
    rules: {
      "no-restricted-globals": ["error", ...rawGlobals],
      "no-restricted-syntax": ["error", ...rawMembers],
      "max-lines": ["error", { max: 500, skipBlankLines: true, skipComments: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
    },
  },
  // The one place that takes them raw, to give them back.
  { files: ["src/scope.ts"], rules: { "no-restricted-globals": "off", "no-restricted-syntax": "off" } },
  { files: ["*.js"], ...typescript.configs.disableTypeChecked },
);
