// The build bundles the style sheets.
declare module "*.css";
