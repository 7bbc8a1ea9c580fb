// Modules that are there only where the page's runtime is put together (executable_posts/browser/npm).
declare module "@codemirror/*";
declare module "@lezer/*";
declare module "*/pyodide.mjs";
// The engine writes its scripts beside a theme's when the site is published.
declare module "*/executable-posts/python.js";
declare module "node:*";
declare const process: any;
