export const input = {
  connector: "generic",
  name: "Shop",
  settings: { baseUrl: "https://shop.example" },
  secrets: { apiKey: "s3cret" },
};
