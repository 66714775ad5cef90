// SPDX-License-Identifier: Apache-2.0
import { Button, type ButtonProps } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";

interface CopyButtonProps extends ButtonProps {
  text: string;
  label?: string;
}

// Browsers allow copying on HTTPS and on this machine only; elsewhere the button says what to do.
export function CopyButton({ text, label = "Copy", ...button }: CopyButtonProps) {
  const { copy, copied, error } = useClipboard();
  return (
    <Button
      {...button}
      onClick={() => copy(text)}
      aria-live="polite"
    >
      {copied ? "Copied" : error ? "Copy it by hand" : label}
    </Button>
  );
}
