// noble's own index.d.ts covers its default instance only, not this entry.
declare module "@abandonware/noble/with-custom-binding.js" {
  const create: (options: { readonly deviceId: number }) => unknown;
  export = create;
}
