import { PageHeading } from "../../ui/heading";

export default function Briefing() {
  return <PageHeading title="Briefing" />;
}
