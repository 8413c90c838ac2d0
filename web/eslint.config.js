// The walls and limits of the web app: app -> features -> shared, one way, and files that fit in the head.
import js from "@eslint/js";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

const wall = (patterns) => ({ "no-restricted-imports": ["error", { patterns }] });
const features = ["ask", "library", "settings", "session", "sources", "usage"];

export default tseslint.config(
  { ignores: ["node_modules", "dist", "vendor"] },
  js.configs.recommended,
  {
    files: ["src/**/*.{ts,tsx}", "vite.config.ts"],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "max-lines": ["error", { max: 250 }],
      "no-console": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/only-throw-error": "off",
    },
  },
  {
    files: ["src/**/*.{ts,tsx}"],
    plugins: { "react-hooks": reactHooks },
    rules: {
      ...reactHooks.configs.recommended.rules,
      "no-restricted-syntax": [
        "error",
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: "Text is never rendered as HTML." },
        { selector: "AssignmentExpression[left.property.name='innerHTML']", message: "Text is never rendered as HTML." },
      ],
    },
  },
  {
    files: ["src/shared/**"],
    rules: wall([{ group: ["@/app/*", "@/features/*", "**/features/**", "**/app/**"], message: "shared/ knows nobody above it." }]),
  },
  ...features.map((name) => ({
    files: [`src/features/${name}/**`],
    rules: wall([
      { group: ["@/app/*", "**/app/**"], message: "features/ do not know app/." },
      {
        group: features.filter((other) => other !== name).flatMap((other) => [`@/features/${other}/*`, `**/${other}/**`]),
        message: "features never import each other; share through shared/.",
      },
    ]),
  })),
  // Tests count code points on purpose, as the API does.
  { files: ["src/**/*.test.{ts,tsx}"], rules: { "@typescript-eslint/no-misused-spread": "off" } },
  { files: ["public/*.js"], languageOptions: { globals: { document: "readonly", localStorage: "readonly", matchMedia: "readonly" } } },
);
