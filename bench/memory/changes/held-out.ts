import { attribute, plan, type Table } from './table';

/** The split for the last measurement alone: not to be looked at while the ranking is changed. */
export const HELD_OUT: Table = {
  attributes: [
    attribute('accountant', 'Mrs Bellamy|Mr Adeyemi|Ms Fontaine|Mr Kowalski|Mrs Ito', {
      states: [
        '{v} does the taxes of {S}.',
        '{S} [leaves|leave] {P} tax returns to {v}.',
        'The accountant of {S} goes by the name {v}.',
      ],
      changes: [
        '{S} entrusted {P} taxes to {v} instead of {o}.',
        'After {o} left, {v} became the accountant of {S}.',
        '{S} found a new accountant, {v}.',
      ],
      ends: ['{S} parted with the accountant {o}.', '{o} does not do the taxes of {S} any longer.'],
      ask: ['Who does {G} taxes?', 'Who is {G} accountant?'],
      askThen: ['Who did {G} taxes?', 'Who was {G} accountant?'],
    }),
    attribute('wake-up time', 'half past four|a quarter to six|seven sharp|eight thirty|noon', {
      states: ['{G} alarm rings at {v}.', '{S} [gets|get] up at {v}.', 'The day of {S} begins at {v}.'],
      changes: [
        '{S} set {P} alarm to {v} in place of {o}.',
        'With the new timetable {S} [gets|get] up at {v}.',
        '{S} shifted the alarm from {o} to {v}.',
      ],
      ends: ['{S} no longer [gets|get] up at {o}.', '{S} switched the alarm at {o} off for good.'],
      ask: ['When [does {S}|do I] get up?', 'At what time does {G} alarm ring?'],
      askThen: ['When did {S} get up?', 'At what time did {G} alarm ring?'],
    }),
    attribute('football club', 'Real Betis|Feyenoord|Celtic|Lazio|Galatasaray', {
      states: [
        '{S} [supports|support] {v}.',
        'The team that {S} [cheers|cheer] for is {v}.',
        '{S} [has|have] a season ticket for {v}.',
      ],
      changes: [
        '{S} turned {P} back on {o} and [supports|support] {v}.',
        'It is {v} whose matches {S} [follows|follow] since the scandal at {o}.',
        '{S} became a supporter of {v}.',
      ],
      ends: ['{S} [has|have] stopped supporting {o}.', '{S} [is|am] not a supporter of {o} any more.'],
      ask: ['Which football club [does {S}|do I] support?', 'Which team [does {S}|do I] cheer for?'],
      askThen: ['Which football club did {S} support?', 'Which team did {S} cheer for?'],
    }),
    attribute('heating', 'a heat pump|an oil boiler|pellets|district heating|a tiled stove', {
      states: [
        '{S} [heats|heat] {P} house with {v}.',
        'The house of {S} is heated by {v}.',
        'For warmth in winter {S} [depends|depend] on {v}.',
      ],
      changes: [
        '{S} tore out {o} and had {v} installed for heating.',
        'The heating of {S} was converted from {o} to {v}.',
        'This winter {v} keeps the house of {S} warm.',
      ],
      ends: ['{S} got rid of {o}.', '{S} no longer [heats|heat] with {o}.'],
      ask: ['How [does {S}|do I] heat {P} house?', 'What kind of heating [does {S}|do I] have?'],
      askThen: ['How did {S} heat {P} house?', 'What kind of heating did {S} have?'],
    }),
    attribute('supervisor', 'Professor Wendt|Professor Adler|Dr Silva|Dr Haugen|Professor Chu', {
      states: [
        '{v} supervises {S} at the institute.',
        '{S} [reports|report] to {v} at the institute.',
        'The person in charge of {S} at the institute is {v}.',
      ],
      changes: [
        'The supervision of {S} passed from {o} to {v}.',
        '{v} succeeded {o} in supervising {S}.',
        '{S} [was|was] given {v} as supervisor.',
      ],
      ends: ['{o} gave up the supervision of {S}.', '{S} [does|do] not report to {o} any more.'],
      ask: ['Who supervises {S}?', 'Whom [does {S}|do I] report to at the institute?'],
      askThen: ['Who supervised {S}?', 'Whom did {S} report to at the institute?'],
    }),
    attribute('choir voice', 'soprano|alto|tenor|baritone|bass', {
      states: [
        '{S} [sings|sing] {v} in the choir.',
        'The choir has {S} among the {v} voices.',
        'In the choir {S} [stands|stand] with the {v} section.',
      ],
      changes: [
        'The choirmaster moved {S} from {o} to {v}.',
        '{S} [sings|sing] {v} now that the choir is short of it.',
        'The choir needed {S} as {v} rather than {o}.',
      ],
      ends: ['{S} left the {o} section of the choir.', '{S} [does|do] not sing {o} in the choir any more.'],
      ask: ['Which voice [does {S}|do I] sing in the choir?', 'Which part of the choir [does {S}|do I] belong to?'],
      askThen: ['Which voice did {S} sing in the choir?', 'Which part of the choir did {S} belong to?'],
    }),
    attribute('allotment crop', 'pumpkins|leeks|strawberries|sunflowers|kale', {
      states: [
        '{S} [raises|raise] {v} on the allotment.',
        'The allotment of {S} is planted with {v}.',
        '{v} are what {S} [harvests|harvest] on the allotment.',
      ],
      changes: [
        '{S} replaced {o} by {v} on the allotment.',
        'This season {S} sowed {v} on the allotment.',
        'On the allotment of {S} {o} made way for {v}.',
      ],
      ends: ['{S} dug up the {o} on the allotment.', '{S} no longer [raises|raise] {o}.'],
      ask: ['What [does {S}|do I] raise on the allotment?', 'What is planted on {G} allotment?'],
      askThen: ['What did {S} raise on the allotment?', 'What was planted on {G} allotment?'],
    }),
    attribute('insurer', 'Helvetia|Northern Mutual|Axiom|Old Harbor|Concord', {
      states: ['{S} [is|am] insured with {v}.', 'The insurance policy of {S} comes from {v}.', '{v} insures {S}.'],
      changes: [
        '{S} took {P} insurance from {o} to {v}.',
        '{S} signed a policy with {v} when the one of {o} expired.',
        '{v} is where {S} [is|am] insured now.',
      ],
      ends: ['{S} gave {o} notice of the end of {P} policy.', '{o} no longer insures {S}.'],
      ask: ['With whom [is {S}|am I] insured?', 'Which company insures {S}?'],
      askThen: ['With whom was {S} insured?', 'Which company insured {S}?'],
    }),
    attribute('chess opening', 'the Sicilian|the French Defence|the Caro-Kann|the Pirc|the Scandinavian', {
      states: [
        'Against e4 {S} [answers|answer] with {v}.',
        'The opening of choice of {S} at chess is {v}.',
        'At the chess board {S} [trusts|trust] {v}.',
      ],
      changes: [
        '{S} shelved {o} and prepared {v} for {P} chess games.',
        'At chess {S} has gone over to {v}.',
        'In chess {v} displaced {o} in the repertoire of {S}.',
      ],
      ends: ['{S} dropped {o} from {P} chess repertoire.', '{S} [does|do] not trust {o} at chess any more.'],
      ask: ['Which chess opening [does {S}|do I] trust?', 'What [does {S}|do I] answer against e4?'],
      askThen: ['Which chess opening did {S} trust?', 'What did {S} answer against e4?'],
    }),
    attribute('childcare', 'a nanny|the grandparents|the kindergarten|an au pair|a childminder', {
      states: [
        'The children of {S} are looked after by {v}.',
        '{S} [leaves|leave] the children with {v} during the day.',
        'For childcare {S} [has|have] {v}.',
      ],
      changes: [
        '{S} brought the children from {o} to {v}.',
        'The childcare of {S} went over to {v}.',
        'Now that {o} is out, {S} [leaves|leave] the children with {v}.',
      ],
      ends: [
        '{S} no longer [leaves|leave] the children with {o}.',
        'The arrangement of {S} with {o} for the children ended.',
      ],
      ask: ['Who looks after {G} children?', 'What childcare [does {S}|do I] have?'],
      askThen: ['Who looked after {G} children?', 'What childcare did {S} have?'],
    }),
    attribute('blog platform', 'Ghost|Medium|Hugo|Tumblr|Substack', {
      states: [
        '{S} [publishes|publish] {P} blog on {v}.',
        'The blog of {S} is hosted by {v}.',
        '{S} [blogs|blog] with {v}.',
      ],
      changes: [
        '{S} migrated {P} blog from {o} to {v}.',
        'The blog of {S} was rebuilt on {v}.',
        'Readers find the blog of {S} on {v} instead of {o}.',
      ],
      ends: ['{S} took the blog on {o} down.', '{S} no longer [blogs|blog] on {o}.'],
      ask: ['Where [does {S}|do I] publish {P} blog?', 'What is {G} blog hosted by?'],
      askThen: ['Where did {S} publish {P} blog?', 'What was {G} blog hosted by?'],
    }),
    attribute('storage box', 'box 12|box 47|box 88|box 130|box 209', {
      states: [
        '{S} [rents|rent] {v} at the depot.',
        '{G} furniture is stored in {v}.',
        'At the depot the belongings of {S} lie in {v}.',
      ],
      changes: [
        'The depot transferred the belongings of {S} from {o} to {v}.',
        '{S} rented {v}, as {o} had become too small.',
        'The furniture of {S} went into {v}.',
      ],
      ends: ['{S} cleared {o} at the depot and handed in the key.', '{S} [does|do] not rent {o} any more.'],
      ask: ['Which box [does {S}|do I] rent at the depot?', 'Where is {G} furniture stored?'],
      askThen: ['Which box did {S} rent at the depot?', 'Where was {G} furniture stored?'],
    }),
    attribute('parking spot', 'level two|the north yard|the street behind the bakery|garage C|the roof', {
      states: [
        '{S} [parks|park] on or at {v}.',
        'The parking space of {S} is {v}.',
        '{S} [leaves|leave] the car at {v}.',
      ],
      changes: [
        '{S} was given {v} as parking space, and gave {o} back.',
        'The landlord swapped the parking space {o} of {S} for {v}.',
        '{S} found room to park at {v}.',
      ],
      ends: ['{S} lost the parking space {o}.', '{S} [does|do] not park at {o} any longer.'],
      ask: ['Where [does {S}|do I] park?', 'Which parking space [does {S}|do I] have?'],
      askThen: ['Where did {S} park?', 'Which parking space did {S} have?'],
    }),
    attribute('debating side', 'the proposition|the opposition|the jury|the press bench|the chair', {
      states: [
        'At debates {S} [speaks|speak] for {v}.',
        'The debating club seats {S} on {v}.',
        '{S} [belongs|belong] to {v} in the debating club.',
      ],
      changes: [
        'The debating club shifted {S} from {o} to {v}.',
        '{S} changed sides in the debating club and joined {v}.',
        'In debates {S} [argues|argue] for {v} from now on.',
      ],
      ends: ['{S} left {o} of the debating club.', '{S} no longer [speaks|speak] for {o}.'],
      ask: ['Which side [does {S}|do I] take in the debating club?', 'Whom [does {S}|do I] speak for at debates?'],
      askThen: ['Which side did {S} take in the debating club?', 'Whom did {S} speak for at debates?'],
    }),
    attribute('tariff', 'the Unlimited M tariff|the Basic tariff|the Family tariff|the Travel tariff|the Flex tariff', {
      states: [
        '{S} [is|am] on {v} with the mobile operator.',
        'The mobile contract of {S} is {v}.',
        '{S} [pays|pay] the mobile operator for {v}.',
      ],
      changes: [
        '{S} upgraded the mobile contract from {o} to {v}.',
        'The mobile operator put {S} on {v}.',
        '{S} renegotiated with the mobile operator and got {v}.',
      ],
      ends: ['{S} cancelled {o} with the mobile operator.', '{S} [is|am] not on {o} any more.'],
      ask: ['Which tariff [is {S}|am I] on?', 'What is {G} mobile contract?'],
      askThen: ['Which tariff was {S} on?', 'What was {G} mobile contract?'],
    }),
    attribute('research group', 'robotics|quantum optics|marine ecology|linguistics|epidemiology', {
      states: [
        '{S} [belongs|belong] to the {v} group of the university.',
        'The university lists {S} in the {v} group.',
        '{S} [does|do] research in {v}.',
      ],
      changes: [
        '{S} left the {o} group for the {v} group.',
        'The university transferred {S} to {v}.',
        'The research of {S} turned from {o} to {v}.',
      ],
      ends: ['{S} resigned from the {o} group.', '{S} [does|do] no research in {o} any more.'],
      ask: ['Which research group [does {S}|do I] belong to?', 'What field [does {S}|do I] do research in?'],
      askThen: ['Which research group did {S} belong to?', 'What field did {S} do research in?'],
    }),
    attribute('glasses', 'round steel frames|contact lenses|bifocals|rimless glasses|tortoiseshell frames', {
      states: [
        '{S} [sees|see] the world through {v}.',
        'The optician fitted {S} with {v}.',
        'On {G} nose there are {v}.',
      ],
      changes: [
        '{S} exchanged {o} for {v} at the optician.',
        'The optician advised {S} to take {v} instead of {o}.',
        '{S} came home from the optician with {v}.',
      ],
      ends: ['{S} put {o} away after the laser treatment.', '{S} [does|do] not need {o} any more.'],
      ask: ['What glasses [does {S}|do I] have?', 'What did the optician fit {S} with?'],
      askThen: ['What glasses did {S} have?', 'What had the optician fitted {S} with?'],
    }),
    attribute('knitting project', 'a striped scarf|a baby blanket|woollen mittens|a fisherman sweater|a shawl', {
      states: [
        '{S} [is|am] knitting {v}.',
        'On the needles of {S} there is {v}.',
        'The knitting project of {S} is {v}.',
      ],
      changes: [
        '{S} finished {o} and [is|am] knitting {v}.',
        'The next knitting project of {S} is {v}.',
        '{S} unravelled {o} and cast on {v}.',
      ],
      ends: ['{S} gave up knitting {o}.', '{S} [is|am] no longer knitting {o}.'],
      ask: ['What [is {S}|am I] knitting?', 'What is {G} knitting project?'],
      askThen: ['What was {S} knitting?', 'What was {G} knitting project?'],
    }),
    attribute('committee seat', 'treasurer|secretary|vice chair|press officer|auditor', {
      states: [
        'On the committee {S} [acts|act] as {v}.',
        'The committee elected {S} {v}.',
        '{S} [holds|hold] the post of {v} on the committee.',
      ],
      changes: [
        'The committee voted {S} from {o} to {v}.',
        '{S} handed over as {o} and became {v} on the committee.',
        'At the last election the committee chose {S} as {v}.',
      ],
      ends: ['{S} stepped down as {o} of the committee.', '{S} [is|am] no longer {o} of the committee.'],
      ask: ['What post [does {S}|do I] hold on the committee?', 'What [is {S}|am I] on the committee?'],
      askThen: ['What post did {S} hold on the committee?', 'What was {S} on the committee?'],
    }),
    attribute('podcast', 'a show about trains|a true crime show|a cooking show|a history show|a science show', {
      states: [
        '{S} [hosts|host] {v} as a podcast.',
        'The podcast that {S} [records|record] is {v}.',
        'Listeners of the podcast of {S} hear {v}.',
      ],
      changes: [
        '{S} turned the podcast from {o} into {v}.',
        '{S} ended {o} and launched {v} as a podcast.',
        'The podcast of {S} has become {v}.',
      ],
      ends: ['{S} recorded the last episode of {o}.', '{S} no longer [hosts|host] {o}.'],
      ask: ['What podcast [does {S}|do I] host?', 'What is {G} podcast?'],
      askThen: ['What podcast did {S} host?', 'What was {G} podcast?'],
    }),
  ],
  plans: [
    plan('move', 'Ghent|Trieste|Aarhus|Porto', {
      plans: [
        '{S} [is|am] going to relocate to {v} in the summer.',
        '{S} signed a lease for a flat in {v}.',
        '{S} [has|have] plans to settle in {v}.',
      ],
      calledOff: [
        'Nothing came of the move of {S} to {v}.',
        '{S} abandoned the idea of relocating to {v}.',
        '{S} [stays|stay] put and will not settle in {v}.',
      ],
      ask: ['Is {S} relocating to {v}?', 'What about {G} move to {v}?'],
    }),
    plan('wedding', 'the castle|the town hall|the beach|the vineyard', {
      plans: [
        '{S} will get married at {v} in June.',
        '{G} wedding at {v} is fixed for June.',
        '{S} invited everybody to a wedding at {v}.',
      ],
      calledOff: [
        'The wedding of {S} at {v} has been cancelled.',
        '{S} called the wedding at {v} off.',
        'There is not going to be a wedding of {S} at {v}.',
      ],
      ask: ['Is {S} getting married at {v}?', 'Does {G} wedding at {v} take place?'],
    }),
    plan('talk', 'gravity waves|soil health|fair trade|deep learning', {
      plans: [
        '{S} will give a lecture on {v} on Friday.',
        '{S} [is|am] to lecture about {v}.',
        'The programme announces a lecture of {S} on {v}.',
      ],
      calledOff: [
        '{S} pulled out of the lecture on {v}.',
        'The lecture of {S} on {v} is cancelled.',
        'The programme dropped the lecture of {S} on {v}.',
      ],
      ask: ['Is {S} giving the lecture on {v}?', 'What about {G} lecture on {v}?'],
    }),
    plan('adoption', 'a greyhound|two kittens|a parrot|a donkey', {
      plans: [
        '{S} [is|am] going to take in {v} from the sanctuary.',
        '{S} filed the papers to adopt {v}.',
        'The sanctuary promised {S} {v}.',
      ],
      calledOff: [
        '{S} decided not to adopt {v}.',
        'The sanctuary refused to give {S} {v}.',
        '{S} backed out of adopting {v}.',
      ],
      ask: ['Is {S} adopting {v}?', 'What happened to the adoption of {v} by {S}?'],
    }),
    plan('renovation', 'the attic|the kitchen|the cellar|the terrace', {
      plans: [
        '{S} [is|am] going to renovate {v} this spring.',
        '{S} hired builders for {v}.',
        'Work on {v} of {S} is to start soon.',
      ],
      calledOff: [
        '{S} shelved the renovation of {v}.',
        'The builders of {S} cancelled the work on {v}.',
        '{S} will leave {v} as it is.',
      ],
      ask: ['Is {S} renovating {v}?', 'What is happening with the renovation of {v} by {S}?'],
    }),
  ],
  corrections: ['My mistake: {}', 'Scratch that. {}', 'I was misinformed, {}', 'Please amend: {}'],
};
