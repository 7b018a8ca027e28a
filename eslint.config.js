import tseslint from "typescript-eslint";

// The house rules of docs/adr/0001 that need syntax or types; the layer rules live in .dependency-cruiser.cjs.
const only = (where, what) =>
  `${what} belongs in ${where}; take it as a parameter or through the port instead.`;
const noProcess = (property, where) => ({
  selector: `MemberExpression[object.name='process'][property.name='${property}']`,
  message: only(where, `process.${property}`),
});
const processExit = noProcess("exit", "src/main.ts");
const processOn = noProcess("on", "src/process/signals.ts");
const processEnv = noProcess("env", "src/config/load.ts");
const noAny = [
  {
    selector: "TSNonNullExpression",
    message: "No `!`: narrow the type, or make the impossible state impossible.",
  },
  {
    selector: "ExportDefaultDeclaration",
    message: "No default exports: a name is searched for, a default is not.",
  },
];
const clockGlobals = ["setTimeout", "setInterval", "setImmediate"].map((name) => ({
  name,
  message: only("src/clock.ts", name),
}));

export default tseslint.config(
  { ignores: ["dist/**", "coverage/**", "node_modules/**", "**/*.cjs"] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        project: ["./tsconfig.eslint.json", "./tsconfig.page.json"],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      eqeqeq: "error",
      "no-console": "error",
    },
  },
  {
    files: ["src/**/*.ts", "src/**/*.tsx"],
    ignores: ["src/**/*.test.ts"],
    rules: {
      "no-restricted-syntax": ["error", ...noAny, processExit, processOn, processEnv],
      "no-restricted-globals": ["error", ...clockGlobals],
      "no-restricted-properties": [
        "error",
        { object: "Date", property: "now", message: only("src/clock.ts", "Wall time") },
        { object: "performance", property: "now", message: only("src/clock.ts", "Monotonic time") },
      ],
    },
  },
  { files: ["src/main.ts"], rules: { "no-restricted-syntax": ["error", ...noAny, processOn, processEnv] } },
  {
    files: ["src/process/signals.ts"],
    rules: { "no-restricted-syntax": ["error", ...noAny, processExit, processEnv] },
  },
  {
    files: ["src/config/load.ts"],
    rules: { "no-restricted-syntax": ["error", ...noAny, processExit, processOn] },
  },
  {
    files: ["src/clock.ts", "src/page/clock.ts", "src/process/watchdog.ts"],
    rules: { "no-restricted-globals": "off", "no-restricted-properties": "off" },
  },
  {
    files: ["**/*.test.ts", "test/**/*.ts", "scripts/**/*.ts"],
    rules: { "@typescript-eslint/no-non-null-assertion": "off" },
  },
  { files: ["**/*.js"], ...tseslint.configs.disableTypeChecked },
);
