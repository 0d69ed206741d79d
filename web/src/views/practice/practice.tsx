import { PageHeading } from "../../ui/heading";

export default function Practice() {
  return <PageHeading title="Practice" />;
}
