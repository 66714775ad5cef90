// SPDX-License-Identifier: Apache-2.0
export interface ProjectSectionProps {
  project_id: string;
  // Not of an archived project, nor by everybody.
  may_change: boolean;
}
