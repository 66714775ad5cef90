// SPDX-License-Identifier: Apache-2.0
import { Modal } from "@mantine/core";
import { useState } from "react";

import { CreateKeyForm } from "./CreateKeyForm";
import { NewKey } from "./NewKey";

// Asks for a key, then shows it once. The whole key lives in this component's state and nowhere
// else, so it is gone from the browser when the dialog closes or the page reloads.
export function CreateKeyDialog({ on_close }: { on_close: () => void }) {
  const [value, set_value] = useState<string | null>(null);
  const is_shown = value !== null;
  return (
    <Modal
      opened
      onClose={on_close}
      title={is_shown ? "Save your key" : "Create API key"}
      size="lg"
      // A click beside the dialog must not lose a key that is never shown again.
      closeOnClickOutside={!is_shown}
      closeOnEscape={!is_shown}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {is_shown ? (
        <NewKey value={value} on_done={on_close} />
      ) : (
        <CreateKeyForm on_created={set_value} on_cancel={on_close} />
      )}
    </Modal>
  );
}
