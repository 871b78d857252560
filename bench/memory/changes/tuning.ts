import { attribute, plan, type Table } from './table';

/** The split that may be looked at. */
export const TUNING: Table = {
  attributes: [
    attribute('vehicle', 'Volvo estate|yellow Fiat|Skoda|pickup truck|Honda Civic|Tesla', {
      states: [
        '{S} [gets|get] around in a {v}.',
        'The car that {S} [has|have] is a {v}.',
        '{S} [commutes|commute] to the office in a {v}.',
      ],
      changes: [
        '{S} traded the {o} in for a {v}.',
        'Last week {S} picked up a {v} from the dealer.',
        'A {v} replaced the {o} that {S} had.',
      ],
      ends: ['{S} sold the {o} and has no car at all now.', '{S} [does|do] not have the {o} any more.'],
      ask: ['What car [does {S}|do I] have?', 'Which vehicle [does {S}|do I] drive?'],
      askThen: ['What car did {S} have?', 'Which car was {S} driving?'],
    }),
    attribute('instrument', 'cello|banjo|oboe|accordion|harp|trumpet', {
      states: [
        '{S} [practises|practise] the {v} every evening.',
        'The instrument that {S} [is|am] learning is the {v}.',
        '{S} [takes|take] {v} lessons on Thursdays.',
      ],
      changes: [
        '{S} put the {o} aside and took up the {v}.',
        '{S} switched from the {o} to the {v}.',
        'It is the {v} that {S} [practises|practise] these days, not the {o}.',
      ],
      ends: ['{S} gave up the {o} for good.', '{S} no longer [touches|touch] the {o}.'],
      ask: ['Which instrument [does {S}|do I] practise?', 'What instrument [is {S}|am I] learning?'],
      askThen: ['Which instrument did {S} practise?', 'What instrument was {S} learning?'],
    }),
    attribute('running distance', '3 kilometres|5 kilometres|8 kilometres|12 kilometres|15 kilometres', {
      states: [
        'On a normal morning {S} [runs|run] {v}.',
        '{G} usual jog is {v} long.',
        '{S} [jogs|jog] {v} before breakfast.',
      ],
      changes: [
        '{S} went up from {o} to {v} on the morning run.',
        'The morning run of {S} is {v} now.',
        '{S} changed the distance of the morning run to {v}.',
      ],
      ends: ['{S} [does|do] not run in the morning any more.', '{S} stopped jogging altogether.'],
      ask: ['How far [does {S}|do I] run in the morning?', 'What distance [does {S}|do I] jog?'],
      askThen: ['How far did {S} run in the morning?', 'What distance did {S} jog?'],
    }),
    attribute('dentist', 'Dr Okafor|Dr Lindqvist|Dr Patel|Dr Moreau|Dr Tanaka', {
      states: [
        '{S} [goes|go] to {v} for dental work.',
        'The dentist who treats {S} is {v}.',
        '{v} looks after the teeth of {S}.',
      ],
      changes: [
        '{S} left the practice of {o} and registered with {v}, another dentist.',
        'From this month {v} is the dentist of {S}.',
        '{S} changed dentists and [sees|see] {v}.',
      ],
      ends: ['{o} retired and {S} [has|have] no dentist at present.', '{S} no longer [goes|go] to {o}.'],
      ask: ['Who is {G} dentist?', 'Which dentist treats {S}?'],
      askThen: ['Who was {G} dentist?', 'Which dentist treated {S}?'],
    }),
    attribute('commute', 'tram|ferry|bicycle|night bus|scooter|commuter train', {
      states: [
        '{S} [gets|get] to the office by {v}.',
        'The {v} takes {S} to the office each day.',
        'For the way to the office {S} [relies|rely] on the {v}.',
      ],
      changes: [
        '{S} swapped the {o} for the {v} on the way to the office.',
        'Instead of the {o}, {S} [takes|take] the {v} to the office.',
        '{S} began going to the office by {v}.',
      ],
      ends: [
        '{S} [works|work] from home and needs no {o} to get to the office.',
        '{S} [has|have] stopped using the {o} to get to the office.',
      ],
      ask: ['How [does {S}|do I] get to the office?', 'How [does {S}|do I] commute?'],
      askThen: ['How did {S} get to the office?', 'How did {S} commute?'],
    }),
    attribute('thesis topic', 'medieval bridges|honeybee navigation|glacier melt|urban noise|sea trade', {
      states: [
        '{S} [is|am] writing a thesis about {v}.',
        'The topic of the thesis of {S} is {v}.',
        '{G} dissertation deals with {v}.',
      ],
      changes: [
        '{S} dropped {o} and chose {v} as thesis topic.',
        'The thesis of {S} has shifted to {v}.',
        'After a talk with the supervisor, {S} [writes|write] the dissertation on {v} instead.',
      ],
      ends: ['{S} abandoned the thesis about {o}.', '{S} [is|am] no longer writing a thesis.'],
      ask: ['What is {G} thesis about?', 'Which topic does {G} dissertation deal with?'],
      askThen: ['What was {G} thesis about?', 'Which topic did {G} dissertation deal with?'],
    }),
    attribute('coffee order', 'flat white|double espresso|oat latte|iced americano|cortado', {
      states: [
        'At the café {S} always [orders|order] a {v}.',
        '{G} regular coffee is a {v}.',
        'Ask the barista: {S} [has|have] a {v} each time.',
      ],
      changes: [
        '{S} went over from {o} to {v} at the café.',
        'These days it is a {v} that {S} [orders|order] at the café.',
        'The barista now makes {S} a {v} rather than a {o}.',
      ],
      ends: ['{S} [has|have] cut out coffee and orders no {o}.', '{S} [does|do] not order a {o} at the café any more.'],
      ask: ['What coffee [does {S}|do I] order?', 'What [does {S}|do I] order at the café?'],
      askThen: ['What coffee did {S} order?', 'What did {S} order at the café?'],
    }),
    attribute('bank', 'Nordbank|Credit Marine|Union Savings|Alpha Trust|Harbour Bank', {
      states: [
        '{S} [banks|bank] with {v}.',
        '{G} current account is held at {v}.',
        '{S} [keeps|keep] {P} savings at {v}.',
      ],
      changes: [
        '{S} transferred {P} account from {o} to {v}.',
        '{S} opened an account at {v} and closed the one at {o}.',
        '{v} is the new bank of {S}.',
      ],
      ends: ['{S} closed {P} account at {o}.', '{S} [is|am] no longer a customer of the bank {o}.'],
      ask: ['Which bank [does {S}|do I] use?', 'Where [does {S}|do I] have an account?'],
      askThen: ['Which bank did {S} use?', 'Where did {S} have an account?'],
    }),
    attribute('mentor', 'Ingrid Falk|Desmond Cole|Rosa Quint|Hideo Mori|Petra Vogel', {
      states: [
        '{v} [mentors|mentors] {S} at work.',
        'The mentor assigned to {S} is {v}.',
        '{S} [has|have] {v} as a mentor.',
      ],
      changes: [
        '{v} took over from {o} as the mentor of {S}.',
        '{S} [was|was] reassigned to {v} for mentoring.',
        'For mentoring {S} [meets|meet] {v} now instead of {o}.',
      ],
      ends: ['{o} has stopped mentoring {S}.', 'The mentoring of {S} by {o} came to an end.'],
      ask: ['Who mentors {S}?', 'Who is {G} mentor?'],
      askThen: ['Who mentored {S}?', 'Who was {G} mentor?'],
    }),
    attribute('newspaper', 'Le Monde|the Guardian|El País|the Tribune|the Morning Post', {
      states: [
        '{S} [reads|read] {v} over breakfast.',
        'The newspaper delivered to {S} is {v}.',
        '{S} [holds|hold] a subscription to {v}.',
      ],
      changes: [
        '{S} replaced {o} with {v} as daily newspaper.',
        '{S} let {o} lapse and subscribed to {v}.',
        'Every day {S} [opens|open] {v} instead of {o}.',
      ],
      ends: ['{S} cancelled {P} subscription to {o}.', '{S} [has|have] stopped reading {o}.'],
      ask: ['Which newspaper [does {S}|do I] read?', 'What paper [does {S}|do I] subscribe to?'],
      askThen: ['Which newspaper did {S} read?', 'What paper did {S} subscribe to?'],
    }),
    attribute('desk', 'the window corner|room 204|the basement lab|the open space|the annex', {
      states: ['{S} [sits|sit] in {v} at the office.', '{G} desk stands in {v}.', 'You find {S} at a desk in {v}.'],
      changes: [
        'Facilities moved the desk of {S} from {o} to {v}.',
        '{S} changed places and [sits|sit] in {v}.',
        'The new desk of {S} is in {v}.',
      ],
      ends: ['{S} gave back the desk in {o}.', '{S} [does|do] not sit in {o} any longer.'],
      ask: ['Where is {G} desk?', 'Where [does {S}|do I] sit at the office?'],
      askThen: ['Where was {G} desk?', 'Where did {S} sit at the office?'],
    }),
    attribute('medicine', 'ibuprofen|loratadine|omeprazole|metformin|amlodipine', {
      states: ['The doctor has {S} on {v}.', '{S} [is|am] prescribed {v}.', '{G} daily medication is {v}.'],
      changes: [
        'The doctor took {S} off {o} and prescribed {v}.',
        '{S} went from {o} to {v} because of side effects.',
        'The prescription of {S} was changed to {v}.',
      ],
      ends: ['The doctor took {S} off {o}.', '{S} [has|have] no need of {o} any more.'],
      ask: ['Which medication [is {S}|am I] on?', 'What [is {S}|am I] prescribed?'],
      askThen: ['Which medication was {S} on?', 'What was {S} prescribed?'],
    }),
    attribute('language course', 'Finnish|Korean|Arabic|Swahili|Polish', {
      states: [
        '{S} [is|am] enrolled in a {v} course.',
        'On Mondays {S} [attends|attend] a {v} class.',
        '{S} [has|have] signed up for {v} at the language school.',
      ],
      changes: [
        '{S} left the {o} course to begin {v}.',
        'The language school put {S} into a {v} class instead of {o}.',
        '{S} exchanged {o} for {v} at the language school.',
      ],
      ends: ['{S} dropped out of the {o} course.', '{S} [is|am] no longer enrolled in {o}.'],
      ask: [
        'Which language course [does {S}|do I] attend?',
        'Which language [is {S}|am I] learning at the language school?',
      ],
      askThen: ['Which language course did {S} attend?', 'Which language was {S} learning at the language school?'],
    }),
    attribute('shift', 'early shift|late shift|night shift|weekend shift|split shift', {
      states: [
        '{S} [is|am] on the {v} at the clinic.',
        'The clinic schedules {S} for the {v}.',
        '{S} [covers|cover] the {v} this season.',
      ],
      changes: [
        'The clinic put {S} on the {v} instead of the {o}.',
        '{S} swapped the {o} for the {v}.',
        '{S} was rotated to the {v}.',
      ],
      ends: ['{S} [is|am] no longer on the {o}.', '{S} [has|have] been released from the {o}.'],
      ask: ['Which shift [is {S}|am I] on?', 'When at the clinic [is {S}|am I] scheduled: which shift?'],
      askThen: ['Which shift was {S} on?', 'Which shift was {S} scheduled for?'],
    }),
    attribute('holiday house', 'Brittany|Tuscany|the Algarve|Crete|Dalmatia', {
      states: [
        '{S} [has|have] a holiday house in {v}.',
        'Summers find {S} at {P} cottage in {v}.',
        'The cottage of {S} stands in {v}.',
      ],
      changes: [
        '{S} sold the cottage in {o} and bought one in {v}.',
        '{G} holiday house is in {v} since the sale of the one in {o}.',
        '{S} acquired a cottage in {v} in place of the old one.',
      ],
      ends: ['{S} sold the cottage in {o}.', '{S} no longer [has|have] the holiday house in {o}.'],
      ask: ['Where is {G} holiday house?', 'Where [does {S}|do I] have a cottage?'],
      askThen: ['Where was {G} holiday house?', 'Where did {S} have a cottage?'],
    }),
    attribute('role in band', 'singer|drummer|bass player|sound engineer|manager of the tour', {
      states: ['In the band {S} [is|am] the {v}.', 'The band has {S} as {v}.', '{S} [serves|serve] the band as {v}.'],
      changes: [
        'The band made {S} its {v} in place of {o}.',
        '{S} went from {o} to {v} in the band.',
        '{S} stepped up to {v} of the band.',
      ],
      ends: ['{S} quit as {o} of the band.', '{S} [is|am] not the {o} of the band any more.'],
      ask: ['What is {G} role in the band?', 'What [does {S}|do I] do in the band?'],
      askThen: ['What was {G} role in the band?', 'What did {S} do in the band?'],
    }),
    attribute('plant', 'basil|lavender|a fig tree|ferns|orchids', {
      states: [
        'On the balcony {S} [grows|grow] {v}.',
        '{S} [keeps|keep] {v} on the balcony.',
        'The balcony of {S} is full of {v}.',
      ],
      changes: [
        '{S} tore out {o} and planted {v} on the balcony.',
        'Where {o} used to be on the balcony, {S} now [grows|grow] {v}.',
        'This spring {S} filled the balcony with {v}.',
      ],
      ends: ['{G} {o} on the balcony died in the frost.', '{S} [does|do] not grow {o} on the balcony any more.'],
      ask: ['What [does {S}|do I] grow on the balcony?', 'Which plants are on {G} balcony?'],
      askThen: ['What did {S} grow on the balcony?', 'Which plants were on {G} balcony?'],
    }),
    attribute('lawyer', 'Gable and Sons|Hart Legal|Moss Partners|Quill Chambers|Stone Advocates', {
      states: [
        '{S} [is|am] represented by {v}.',
        '{v} handles the legal affairs of {S}.',
        'In legal matters {S} [turns|turn] to {v}.',
      ],
      changes: [
        '{S} dismissed {o} and hired {v} as lawyers.',
        'The case of {S} passed from {o} to {v}.',
        '{S} retained {v} as new legal counsel.',
      ],
      ends: ['{o} no longer represents {S}.', '{S} dismissed the lawyers of {o}.'],
      ask: ['Which law firm represents {S}?', 'Who handles {G} legal affairs?'],
      askThen: ['Which law firm represented {S}?', 'Who handled {G} legal affairs?'],
    }),
    attribute('laptop', 'ThinkPad|MacBook|Framework laptop|Surface|Chromebook', {
      states: ['{S} [works|work] on a {v}.', 'The laptop on {G} lap is a {v}.', 'IT issued {S} a {v}.'],
      changes: [
        'IT exchanged the {o} of {S} for a {v}.',
        '{S} upgraded to a {v}.',
        'The laptop of {S} is a {v} since the {o} broke.',
      ],
      ends: ['{S} returned the {o} to IT.', '{S} no longer [has|have] the {o}.'],
      ask: ['What laptop [does {S}|do I] have?', 'Which computer [does {S}|do I] work on?'],
      askThen: ['What laptop did {S} have?', 'Which computer did {S} work on?'],
    }),
    attribute('training goal', 'a sub-four marathon|a hundred push-ups|a triathlon|a handstand|climbing grade seven', {
      states: [
        '{S} [is|am] training for {v}.',
        'The fitness goal of {S} is {v}.',
        '{S} [has|have] {v} as the goal of {P} training.',
      ],
      changes: [
        '{S} gave the training a new goal: {v}.',
        'The goal {S} [trains|train] for went from {o} to {v}.',
        'With {o} out of reach, {S} [is|am] training for {v}.',
      ],
      ends: ['{S} [has|have] stopped training for {o}.', '{S} gave up the goal of {o}.'],
      ask: ['What [is {S}|am I] training for?', 'What is {G} fitness goal?'],
      askThen: ['What was {S} training for?', 'What was {G} fitness goal?'],
    }),
    attribute('hair', 'short and red|long and grey|a blond bob|black braids|shaved', {
      states: ['{G} hair is {v}.', '{S} [wears|wear] {P} hair {v}.', 'The hairdresser keeps the hair of {S} {v}.'],
      changes: [
        'The hairdresser turned the hair of {S} from {o} into {v}.',
        '{S} came back from the hairdresser with hair that is {v}.',
        '{S} had {P} hair redone: {v}.',
      ],
      ends: ['{G} hair is not {o} any more.', '{S} no longer [has|have] hair that is {o}.'],
      ask: ['What is {G} hair like?', 'How [does {S}|do I] wear {P} hair?'],
      askThen: ['What was {G} hair like?', 'How did {S} wear {P} hair?'],
    }),
    attribute('volunteering', 'the animal shelter|the food bank|the hospice|the fire brigade|the library', {
      states: [
        'On Saturdays {S} [helps|help] out at {v}.',
        '{S} [gives|give] {P} free time to {v}.',
        '{v} counts {S} among its helpers.',
      ],
      changes: [
        '{S} stopped helping at {o} and went to {v}.',
        '{S} [is|am] helping out at {v} these days.',
        'The Saturdays of {S} belong to {v} instead of {o}.',
      ],
      ends: ['{S} no longer [helps|help] out at {o}.', '{S} said goodbye to the helpers of {o}.'],
      ask: ['Where [does {S}|do I] help out?', 'Where [does {S}|do I] spend {P} free time helping?'],
      askThen: ['Where did {S} help out?', 'Where did {S} spend {P} free time helping?'],
    }),
    attribute('energy supplier', 'Bright Grid|Windkraft|Solaris|Volta|Green Line', {
      states: [
        '{S} [gets|get] electricity from {v}.',
        'The power company of {S} is {v}.',
        '{v} supplies {S} with electricity.',
      ],
      changes: [
        '{S} changed the electricity supplier from {o} to {v}.',
        '{v} supplies {S} with electricity after the contract with {o} ran out.',
        '{S} signed an electricity contract with {v}.',
      ],
      ends: ['{S} terminated the electricity contract with {o}.', '{o} no longer supplies {S}.'],
      ask: ['Who supplies {S} with electricity?', 'What is {G} power company?'],
      askThen: ['Who supplied {S} with electricity?', 'What was {G} power company?'],
    }),
    attribute('bedtime', 'half past nine|ten at night|eleven at night|midnight|one in the morning', {
      states: ['{S} [goes|go] to bed at {v}.', 'Lights out for {S} is at {v}.', 'At {v} {S} [is|am] in bed.'],
      changes: [
        '{S} pushed bedtime from {o} to {v}.',
        'Because of the new baby {S} [goes|go] to bed at {v}.',
        'The bedtime of {S} has become {v}.',
      ],
      ends: ['{S} [does|do] not go to bed at {o} any more.', '{S} gave up on the bedtime of {o}.'],
      ask: ['When [does {S}|do I] go to bed?', 'What time is {G} bedtime?'],
      askThen: ['When did {S} go to bed?', 'What time was {G} bedtime?'],
    }),
  ],
  plans: [
    plan('trip', 'Iceland|Morocco|Vietnam|Scotland', {
      plans: [
        '{S} [is|am] flying to {v} in May.',
        '{S} booked a trip to {v}.',
        '{S} [intends|intend] to spend the holidays in {v}.',
      ],
      calledOff: [
        'The trip of {S} to {v} fell through.',
        '{S} called off the journey to {v}.',
        '{S} [is|am] not going to {v} after all.',
      ],
      ask: ['Is {S} still travelling to {v}?', 'What about {G} trip to {v}?'],
    }),
    plan('house purchase', 'a farmhouse|a loft|a houseboat|a bungalow', {
      plans: [
        '{S} [is|am] about to buy {v}.',
        '{S} made an offer for {v}.',
        '{S} [plans|plan] to purchase {v} this year.',
      ],
      calledOff: [
        '{S} withdrew the offer for {v}.',
        'The purchase of {v} by {S} collapsed.',
        '{S} will not buy {v} after all.',
      ],
      ask: ['Is {S} going to buy {v}?', 'What is the state of {G} purchase of {v}?'],
    }),
    plan('concert', 'the Blue Hall|the opera|the old brewery|the park stage', {
      plans: [
        '{S} will perform at {v} next month.',
        '{S} [is|am] due to play a concert at {v}.',
        'A concert of {S} at {v} is announced.',
      ],
      calledOff: [
        'The concert of {S} at {v} was cancelled.',
        '{S} scrapped the concert at {v}.',
        'There will be no concert of {S} at {v}.',
      ],
      ask: ['Is {S} performing at {v}?', 'Is {G} concert at {v} taking place?'],
    }),
    plan('course', 'pottery|welding|beekeeping|calligraphy', {
      plans: [
        '{S} [is|am] going to start a {v} workshop in autumn.',
        '{S} reserved a place in a {v} workshop.',
        '{S} [wants|want] to do a {v} workshop.',
      ],
      calledOff: [
        '{S} cancelled the {v} workshop.',
        '{S} decided against the {v} workshop.',
        'The {v} workshop of {S} is off.',
      ],
      ask: ['Is {S} doing the {v} workshop?', 'What became of {G} {v} workshop?'],
    }),
    plan('operation', 'knee|shoulder|eye|hip', {
      plans: [
        '{S} [is|am] having {v} surgery on Monday.',
        'The {v} operation of {S} is set for next week.',
        'The hospital expects {S} for a {v} operation.',
      ],
      calledOff: [
        'The {v} operation of {S} has been called off.',
        '{S} [does|do] not need {v} surgery any more.',
        'The hospital cancelled the {v} operation of {S}.',
      ],
      ask: ['Is {S} having {v} surgery?', 'What about {G} {v} operation?'],
    }),
  ],
  corrections: ['Correction: {}', 'Sorry, that was wrong. {}', 'I mixed that up: {}', 'To set the record straight, {}'],
};
