// SPDX-License-Identifier: Apache-2.0
import { createTheme } from "@mantine/core";

// System fonts: the console loads nothing from anywhere else.
const kSans =
  "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif";
const kMono = "ui-monospace, 'SF Mono', 'Cascadia Mono', 'Liberation Mono', Menlo, monospace";

export const theme = createTheme({
  primaryColor: "cyan",
  primaryShade: { light: 9, dark: 8 },
  defaultRadius: "md",
  fontFamily: kSans,
  fontFamilyMonospace: kMono,
  headings: { fontFamily: kSans, fontWeight: "600" },
  cursorType: "pointer",
});
